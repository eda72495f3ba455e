import { binary } from './binary.ts'

/** Coefficients of one update, each rounded to float32. See `updateNumbers`. */
export interface UpdateNumbers {
  /** Factor on every gradient: 1 / number of gradients in the sum. */
  readonly factor: number
  readonly beta1: number
  readonly beta2: number
  /** Weight of the gradient in the next first moment, and of its square in the second. */
  readonly share: number
  readonly squareShare: number
  readonly stepSize: number
  readonly epsilon: number
  /** Factor on the parameter from weight decay: 1 − learning rate · decay. */
  readonly kept: number
}

/** A parameter with its moments and its gradient, all of one length, in the kernel's memory. */
export interface Updated {
  readonly parameter: Float32Array
  readonly firstMoment: Float32Array
  readonly secondMoment: Float32Array
  readonly gradient: Float32Array
}

/** AdamW on plain memory. It reads and writes each number once; a graph would read them a dozen times and copy its outputs. */
export interface AdamWKernel {
  /** target += term. */
  add(target: Float32Array, term: Float32Array): void
  /** Σ (gradient · factor)², in double precision. */
  sumOfSquares(gradient: Float32Array, factor: number): number
  /** One update of `adamW` (../adamw.ts), in place. */
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

/** Memory shared by threads. */
export interface KernelMemory {
  readonly buffer: SharedArrayBuffer
}

/** The WebAssembly API of Node. TypeScript has its types only in the DOM library, without 64-bit addresses. */
interface WebAssemblyApi {
  readonly Memory: new (descriptor: { address: 'i64'; initial: bigint; maximum: bigint; shared: true }) => KernelMemory
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: { env: { memory: KernelMemory } }) => { readonly exports: unknown }
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }

const pageBytes = 65_536

/** Shared memory for the kernel. Addresses have 64 bits, so that the state of a large model fits. */
export function kernelMemory(sizeBytes: number): KernelMemory {
  const pages = BigInt(Math.max(1, Math.ceil(sizeBytes / pageBytes)))
  return new WebAssembly.Memory({ address: 'i64', initial: pages, maximum: pages, shared: true })
}

/** The kernel for arrays in `memory`. */
export function openKernel(memory: KernelMemory): AdamWKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, 'base64')), {
    env: { memory },
  })
  const { add, sumOfSquares, update } = exports as Exports
  const address = (array: Float32Array): bigint => {
    // Compares lengths, not objects: Node makes a new buffer object whenever any shared WebAssembly memory grows, ONNX Runtime's included.
    const isShared = array.buffer instanceof SharedArrayBuffer && array.buffer.byteLength === memory.buffer.byteLength
    if (!isShared) throw new Error("The array is not in the kernel's memory.")
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
