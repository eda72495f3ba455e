import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type Koffi from 'koffi'
import { disableTelemetry } from '../telemetry.ts'
import {
  cTypes,
  functions,
  interfaceVersion,
  messageOfStatus,
  releases,
  runWithBinding,
  type Address,
  type Call,
  type Kind,
  type Name,
} from './c-interface.ts'

/** ONNX Runtime's C interface. Calls return what the function writes, and throw its message if its status is an error. */
export interface Library {
  /** Must stay referenced: a library is unloaded when its handle is garbage collected. */
  readonly handle: unknown
  readonly version: string
  readonly call: { readonly [N in Name]: Call<N> }
  readonly release: { readonly [N in keyof typeof releases]: (address: Address) => void }
  /** Runs a session on its bound inputs and outputs, on another thread. */
  runWithBinding(session: Address, binding: Address): Promise<void>
  /** The zero-terminated text at an address. */
  textAt(address: Address): string
  /** An array of `count` addresses. */
  addressesAt(address: Address, count: number): Address[]
}

/** Koffi's stacks are smaller than those of the system; ONNX Runtime may need as much. */
const stackBytes = 8 * 2 ** 20

let configured: Promise<typeof Koffi> | undefined

/** The package that calls C functions. It can only be configured before it has loaded a library. */
export function loadKoffi(): Promise<typeof Koffi> {
  configured ??= import('koffi').then(({ default: koffi }) => {
    koffi.config({ sync_stack_size: stackBytes, async_stack_size: stackBytes, resident_async_pools: 1 })
    return koffi
  })
  return configured
}

const loaded = new Map<string, Promise<Library>>()

/** Loads ONNX Runtime's library in a folder, once per thread. @throws Error of the system's loader */
export function loadLibrary(folder: string): Promise<Library> {
  const library = loaded.get(folder) ?? load(join(folder, fileNames[process.platform] ?? ''))
  loaded.set(folder, library)
  return library
}

async function load(file: string): Promise<Library> {
  disableTelemetry()
  const koffi = await loadKoffi()
  const handle = koffi.load(file)
  const [getApi, getVersion] = koffi.decode(handle.func('OrtGetApiBase', 'void *', [])(), 'void *', 2) as [
    Address,
    Address,
  ]
  const version = String(koffi.decode(getVersion, koffi.proto('str', []))())
  const api = koffi.decode(getApi, koffi.proto('void *', ['uint32_t']))(interfaceVersion) as Address | null
  if (api === null) throw new Error(`ONNX Runtime ${version} is too old.`)
  const functionAt = (index: number, result: string, kinds: readonly Kind[]) =>
    koffi.decode(
      koffi.decode(api, index * koffi.sizeof('void *'), 'void *'),
      koffi.proto(
        result,
        kinds.map((kind) => cTypes[kind]),
      ),
    )

  const messageOf = functionAt(messageOfStatus, 'str', ['address'])
  const releaseStatus = functionAt(releases.status, 'void', ['address'])
  const check = (status: Address | null): void => {
    if (status === null || status === 0n) return
    const message = String(messageOf(status))
    releaseStatus(status)
    throw new Error(message)
  }
  const calls = Object.entries(functions).map(([name, [position, ...kinds]]) => {
    const native = functionAt(position, 'void *', kinds)
    const call = (...given: readonly unknown[]): Address[] => {
      let index = 0
      const outs: BigUint64Array[] = []
      const newOut = (): BigUint64Array => {
        const out = new BigUint64Array(1)
        outs.push(out)
        return out
      }
      check(native(...kinds.map((kind) => (kind === 'out' ? newOut() : given[index++]))))
      return outs.map(([address = 0n]) => address)
    }
    return [name, call] as const
  })
  const run = promisify(functionAt(runWithBinding, 'void *', ['address', 'address', 'address']).async) as (
    session: Address,
    options: Address,
    binding: Address,
  ) => Promise<Address | null>
  return {
    handle,
    version,
    call: Object.fromEntries(calls) as unknown as Library['call'],
    release: Object.fromEntries(
      Object.entries(releases).map(([name, position]) => [name, functionAt(position, 'void', ['address'])]),
    ) as unknown as Library['release'],
    runWithBinding: async (session, binding) => check(await run(session, 0n, binding)),
    textAt: (address) => koffi.decode.string(address),
    addressesAt: (address, count) =>
      (koffi.decode(address, 'void *', count) as (Address | null)[]).map((value) => value ?? 0n),
  }
}

const fileNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
}

/** The folder of the library that comes with `onnxruntime-node`. */
export function bundledFolder(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  return join(folder, 'bin', 'napi-v6', process.platform, process.arch)
}
