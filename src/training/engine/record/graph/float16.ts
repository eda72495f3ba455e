/// <reference lib="esnext.float16" />

/** Numbers as the bits of their nearest half-precision ones; beyond 65,504 infinite. */
export const halfBits = (numbers: ArrayLike<number>): Uint16Array => new Uint16Array(Float16Array.from(numbers).buffer)

/** The nearest half-precision numbers, in 32 bits. */
export const roundToHalf = (numbers: ArrayLike<number>): Float32Array => Float32Array.from(Float16Array.from(numbers))
