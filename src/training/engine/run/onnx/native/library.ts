import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
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

/** ONNX Runtime's C interface. Calls give what the function writes, and throw its message where its status is not success. */
export interface Library {
  /** A library whose handle is collected is unloaded, whoever still calls functions of it. */
  readonly handle: unknown
  readonly version: string
  readonly call: { readonly [N in Name]: Call<N> }
  readonly release: { readonly [N in keyof typeof releases]: (address: Address) => void }
  /** Computes what a session was bound to, away from this thread. */
  runWithBinding(session: Address, binding: Address): Promise<void>
  /** The text that ends with 0 at an address. */
  textAt(address: Address): string
  /** So many addresses that lie one after the other. */
  addressesAt(address: Address, count: number): Address[]
}

/** Code that runs on a stack of the binding's may want as much as on one of the system's. */
const stackBytes = 8 * 2 ** 20

let loaded: Promise<Library> | undefined

/** Loads the library that comes with `onnxruntime-node`, once in each thread. Throws what the system's loader says. */
export function loadLibrary(): Promise<Library> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Library> {
  const { default: koffi } = await import('koffi')
  koffi.config({ sync_stack_size: stackBytes, async_stack_size: stackBytes, resident_async_pools: 1 })
  const handle = koffi.load(libraryPath())
  const [getApi, getVersion] = koffi.decode(handle.func('OrtGetApiBase', 'void *', [])(), 'void *', 2) as [
    Address,
    Address,
  ]
  const version = String(koffi.decode(getVersion, koffi.proto('str', []))())
  const api = koffi.decode(getApi, koffi.proto('void *', ['uint32_t']))(interfaceVersion) as Address | null
  if (api === null) throw new Error(`ONNX Runtime ${version} is too old.`)
  const functionAt = (place: number, result: string, kinds: readonly Kind[]) =>
    koffi.decode(
      koffi.decode(api, place * koffi.sizeof('void *'), 'void *'),
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
  const calls = Object.entries(functions).map(([name, [place, ...kinds]]) => {
    const native = functionAt(place, 'void *', kinds)
    const call = (...given: readonly unknown[]): Address[] => {
      let index = 0
      const outs: BigUint64Array[] = []
      const place = (): BigUint64Array => {
        const out = new BigUint64Array(1)
        outs.push(out)
        return out
      }
      check(native(...kinds.map((kind) => (kind === 'out' ? place() : given[index++]))))
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
      Object.entries(releases).map(([name, place]) => [name, functionAt(place, 'void', ['address'])]),
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

const libraryPath = (): string => join(libraryFolder(), fileNames[process.platform] ?? '')

/** Where the library lies, and those that it loads for a device. */
export function libraryFolder(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  return join(folder, 'bin', 'napi-v6', process.platform, process.arch)
}
