import { availableParallelism } from 'node:os'
import { autoOrder, engineNames, type EngineChoice, type EngineName } from '#contract/engine.ts'
import { StudioError } from '#contract/errors.ts'
import { openEager } from './eager/eager-engine.ts'
import type { Engine } from './engine.ts'
import { installCommands, reasonOf, reportEngine } from './list-engines.ts'
import { openOnnx } from './onnx/onnx-engine.ts'
import { isOnnxName } from './onnx/providers.ts'

export interface EngineOptions {
  /** Threads of the compiled engine; as many as the machine runs at once when left out. */
  readonly threads?: number
  /** Which of several graphics cards, counted from 0, where the engine can choose. */
  readonly device?: number
  /** Told, for `auto`, which faster engine was passed over and why. */
  readonly onPassedOver?: (message: string) => void
}

/**
 * Opens the engine chosen, or for `auto` the first that is present: TensorFlow on a graphics card, then ONNX Runtime,
 * WebAssembly, plain JavaScript; `onPassedOver` hears why a faster one is not. Throws a `StudioError` with the reason when the chosen one is not present.
 */
export async function createEngine(choice: EngineChoice, options: EngineOptions = {}): Promise<Engine> {
  if (choice !== 'auto') return open(choice, options)
  if (await hasTensorFlowOnGpu()) return open('tensorflow', options)
  const [fastest, ...slower] = autoOrder
  let name: EngineName = fastest
  for (const next of slower) {
    try {
      return await open(name, options)
    } catch (cause) {
      options.onPassedOver?.(`${reasonOf(cause)} The slower engine '${next}' takes its place.`)
      name = next
    }
  }
  return open(name, options)
}

async function hasTensorFlowOnGpu(): Promise<boolean> {
  const { device } = await reportEngine('tensorflow')
  return device === 'GPU'
}

async function open(name: EngineName, { threads = availableParallelism(), device = 0 }: EngineOptions): Promise<Engine> {
  try {
    return await (isOnnxName(name) ? openOnnx(name, { threads, deviceId: device }) : openEager(name))
  } catch (cause) {
    const command = installCommands[name]
    const others = engineNames.filter((other) => other !== name).join(', ')
    const hint = command === '' ? `Choose another engine: auto, ${others}.` : `Install it with: ${command}, or choose another engine: auto, ${others}.`
    throw new StudioError('engine-unavailable', `The engine '${name}' is not present: ${reasonOf(cause)}`, hint, { cause })
  }
}
