import type { HalfDevice } from '../../../record/half-precision.ts'
import type { RecordOptions } from '../../../record/record.ts'

/** How programs are recorded for CUDA, in any precision. */
export const cudaRecording: RecordOptions = { recomputesAttention: true }

/** Products and Softmax of CUDA accumulate in 32 bits. */
export const cudaHalf: HalfDevice = { isImitated: false, hasExactSoftmax: true }
