import { binary } from './binary.ts'

/** What resize.wat exports; every argument but `scale` and `shift` is an address or a number of bytes, rows, pairs or pixels. */
interface Passes {
  sumColumns(
    input: number,
    rowBytes: number,
    rowCount: number,
    table: number,
    pairs: number,
    size: number,
    output: number,
  ): void
  sumRows(input: number, line: number, table: number, pairs: number, size: number, output: number): void
  mixColumns(input: number, rowBytes: number, rowCount: number, table: number, size: number, output: number): void
  mixRows(input: number, table: number, size: number, output: number, scale: number, shift: number): void
}

/** The passes of a resize, and the memory that they read and write. It is of this module alone, and keeps the size of the largest clip. */
export interface ResizeKernel extends Passes {
  /** Addresses of areas of so many bytes each, until the next call. */
  reserve<Area extends string>(sizesBytes: Record<Area, number>): Record<Area, number>
  write(address: number, bytes: Uint8Array): void
  /** Bytes in the memory, until the next call of `reserve`. */
  bytes(address: number, length: number): Uint8Array
  /** Numbers in the memory, until the next call of `reserve`. */
  floats(address: number, length: number): Float32Array
}

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): void
}

/** The WebAssembly API of Node. TypeScript has its types only in the DOM library. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }

const pageBytes = 65_536
const alignment = 16

let opened: ResizeKernel | undefined

/** The kernel of this thread, compiled at its first use. */
export const resizeKernel = (): ResizeKernel => (opened ??= openKernel())

function openKernel(): ResizeKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, 'base64')))
  const { memory, ...passes } = exports as Passes & { readonly memory: Memory }
  return {
    ...passes,
    reserve(sizesBytes) {
      const addresses = { ...sizesBytes }
      let end = 0
      for (const area in sizesBytes) {
        addresses[area] = end
        end += Math.ceil(sizesBytes[area] / alignment) * alignment
      }
      const missing = end - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
      return addresses
    },
    write: (address, bytes) => new Uint8Array(memory.buffer).set(bytes, address),
    bytes: (address, length) => new Uint8Array(memory.buffer, address, length),
    floats: (address, length) => new Float32Array(memory.buffer, address, length),
  }
}
