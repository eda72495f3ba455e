/// <reference lib="esnext.float16" />

/** The bits of the nearest float16 numbers; infinite beyond 65,504. */
export const halfBits = (numbers: ArrayLike<number>): Uint16Array => new Uint16Array(Float16Array.from(numbers).buffer)

/** The nearest float16 numbers, as float32. */
export const roundToHalf = (numbers: ArrayLike<number>): Float32Array => Float32Array.from(Float16Array.from(numbers))
