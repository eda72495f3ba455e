import { binary } from './binary.ts'

/** What one update multiplies and adds, each rounded to single precision. See `updateNumbers`. */
export interface UpdateNumbers {
  /** On every gradient: one over the number of gradients in the sum. */
  readonly factor: number
  readonly beta1: number
  readonly beta2: number
  /** Of the gradient in the next first moment, and of its square in the second. */
  readonly share: number
  readonly squareShare: number
  readonly stepSize: number
  readonly epsilon: number
  /** Of the parameter that weight decay leaves. */
  readonly kept: number
}

/** A parameter with its moments and its gradient, all of one length, in the kernel's memory. */
export interface Updated {
  readonly parameter: Float32Array
  readonly firstMoment: Float32Array
  readonly secondMoment: Float32Array
  readonly gradient: Float32Array
}

/** AdamW over plain memory: each number is read and written once, where a graph goes over them a dozen times and copies what it gives. */
export interface AdamWKernel {
  /** target += term. */
  add(target: Float32Array, term: Float32Array): void
  /** Σ (gradient · factor)², in double precision. */
  sumOfSquares(gradient: Float32Array, factor: number): number
  /** One update of `adamW` (../adamw.ts), written over what it reads. */
  update(updated: Updated, numbers: UpdateNumbers): void
}

interface Exports {
  add(target: bigint, term: bigint, count: bigint): void
  sumOfSquares(gradient: bigint, count: bigint, factor: number): number
  update(
    parameter: bigint,
    firstMoment: bigint,
    secondMoment: bigint,
    gradient: bigint,
    count: bigint,
    ...numbers: number[]
  ): void
}

/** Memory that several threads see. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer
}

/** What Node offers of WebAssembly, whose types belong to browsers' libraries. Addresses of 64 bits are not in those yet. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { address: 'i64'; initial: bigint; maximum: bigint; shared: true }) => KernelMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: { env: { memory: KernelMemory } }) => { readonly exports: unknown }
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }

const pageBytes = 65_536

/** Memory for the kernel that several threads see: addresses have 64 bits, so that a large model's state fits. */
export function kernelMemory(sizeBytes: number): KernelMemory {
  const pages = BigInt(Math.max(1, Math.ceil(sizeBytes / pageBytes)))
  return new WebAssembly.Memory({ address: 'i64', initial: pages, maximum: pages, shared: true })
}

/** The kernel for arrays that lie in `memory`. */
export function openKernel(memory: KernelMemory): AdamWKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, 'base64')), {
    env: { memory },
  })
  const { add, sumOfSquares, update } = exports as Exports
  const address = (array: Float32Array): bigint => {
    // Node makes a new object of the same memory whenever any shared memory of WebAssembly grows, that of ONNX Runtime as well.
    const isShared = array.buffer instanceof SharedArrayBuffer && array.buffer.byteLength === memory.buffer.byteLength
    if (!isShared) throw new Error("An array lies outside of the kernel's memory.")
    return BigInt(array.byteOffset)
  }
  return {
    add: (target, term) => add(address(target), address(term), BigInt(target.length)),
    sumOfSquares: (gradient, factor) => sumOfSquares(address(gradient), BigInt(gradient.length), factor),
    update(
      { parameter, firstMoment, secondMoment, gradient },
      { factor, beta1, beta2, share, squareShare, stepSize, epsilon, kept },
    ) {
      const numbers = [factor, beta1, beta2, share, squareShare, stepSize, epsilon, kept]
      update(
        address(parameter),
        address(firstMoment),
        address(secondMoment),
        address(gradient),
        BigInt(parameter.length),
        ...numbers,
      )
    },
  }
}
