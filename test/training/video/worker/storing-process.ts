import { storePixels } from '#training/video/worker/clip-files.ts'

// A worker process that stores two clips and tells where.
process.send?.([
  storePixels(0, [new Uint8Array([1, 2, 3]), new Float32Array([0.5, -2])]),
  storePixels(1, [new Uint8Array([9, 8])]),
])
process.disconnect()
