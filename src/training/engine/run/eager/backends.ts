import { createRequire } from 'node:module'
import util from 'node:util'
import { systemCode } from '#contract/api/errors.ts'
import type { CompiledEngineName, EngineName } from '#contract/domain/engine.ts'
import * as tf from '../../../tensor/tf.ts'
import { keepingProcessListeners, loadWasm } from './wasm.ts'

export type EagerName = Exclude<EngineName, CompiledEngineName>

export interface Backend {
  /** tfjs's name of the backend. */
  readonly name: string
  readonly device: string
  readonly description: string
}

/** Loads and starts a backend of tfjs. @throws Error with the reason if it does not work on this machine */
export async function loadBackend(name: EagerName): Promise<Backend> {
  switch (name) {
    case 'cpu':
      await start('cpu')
      return { name: 'cpu', device: 'CPU', description: `tfjs ${tf.version_core}, CPU, 1 thread, plain JavaScript` }
    case 'wasm':
      await loadWasm()
      await keepingProcessListeners(() => start('wasm'))
      return { name: 'wasm', device: 'CPU', description: `tfjs ${tf.version_core}, WebAssembly, 1 thread` }
    case 'tensorflow':
      return loadTensorFlow()
  }
}

async function start(backend: string): Promise<void> {
  const previous = tf.engine().backendName
  const isReady = await tf.setBackend(backend)
  if (previous) void tf.setBackend(previous)
  if (!isReady) throw new Error(`tfjs could not start its ${backend} backend.`)
}

async function loadTensorFlow(): Promise<Backend> {
  // tfjs-node 4.22.0, its last release, calls a function that Node 23 removed.
  if (!('isNullOrUndefined' in util))
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
  const { binding, isGpu } = requireTensorFlow()
  await start('tensorflow')
  const device = isGpu ? 'GPU' : 'CPU'
  return { name: 'tensorflow', device, description: `TensorFlow ${binding.TF_Version}, ${device}` }
}

interface TensorFlowBackend {
  readonly isGPUPackage: boolean
  readonly isUsingGpuDevice: boolean
  readonly binding: { readonly TF_Version: string }
}

const tensorFlowPackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']

/**
 * Loads the package for graphics cards, or else the one for the CPU.
 * @throws Error if neither loads, with the messages of both loaders as its cause
 */
function requireTensorFlow(): { binding: TensorFlowBackend['binding']; isGpu: boolean } {
  const require = createRequire(import.meta.url)
  const installed = tensorFlowPackages.filter((name) => isInstalled(require, name))
  const reasons: string[] = []
  for (const name of installed) {
    try {
      require(name)
      const backend = tf.findBackend('tensorflow') as unknown as TensorFlowBackend
      return { binding: backend.binding, isGpu: backend.isUsingGpuDevice }
    } catch (cause) {
      reasons.push(`${name}: ${firstLine(cause)}`)
    }
  }
  if (installed.length === 0) throw new Error(`Neither ${tensorFlowPackages.join(' nor ')} is installed.`)
  throw new Error(`The native library of ${installed.join(' and ')} is missing or cannot be loaded.`, {
    cause: new Error(reasons.join('\n')),
  })
}

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'MODULE_NOT_FOUND') return false
    throw cause
  }
}

function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return message.split('\n', 1)[0]?.trim() ?? ''
}
