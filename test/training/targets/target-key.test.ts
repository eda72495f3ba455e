import { expect, test } from 'vitest'
import { benchStepRequest } from '#contract/domain/bench.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import type { ClipPlan } from '#training/data/clip.ts'
import { type Arithmetic, clipKey, pixelChecksum, teacherKey } from '#training/targets/target-key.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'

const { clip, 'video-teacher': configuration } = benchConfiguration(benchStepRequest.parse({ stage: 'video-teacher' }))
const model = modelOfTask({ stage: 'video-teacher', configuration }, clip, null)
const trained = { model, parameters: weights([1, 2]) }
function weights(numbers: number[], name = 'w', shape = [numbers.length]): NamedHostTensors {
  return { [name]: { shape, dtype: 'float32', data: Float32Array.from(numbers) } }
}
const geometry = { frames: 4, tubeletSize: 2, imageSize: 32, patchSize: 8 }
const arithmetic: Arithmetic = { engine: 'onnx-cpu', precision: 'float32', tf32: false }
const plan: ClipPlan = {
  file: '/videos/a.mp4',
  digest: 'abc',
  frameCount: 60,
  decodedSize: { width: 64, height: 40 },
  frameIndices: [0, 2, 4, 6],
  crop: { x: 0, y: 0, width: 40, height: 40 },
  flip: false,
  sizes: [32],
  resample: 'antialiased',
}
const pixels = pixelChecksum(Float32Array.of(1, 2, 3))
const teacher = teacherKey(trained, geometry, false, arithmetic)
const own = clipKey(teacher, plan, pixels)

test('the same teacher and clip have the same key, wherever the video lies and whatever else the plan makes', () => {
  const again = teacherKey(trained, geometry, false, arithmetic)
  expect(clipKey(again, { ...plan, file: '/elsewhere/b.mp4', sizes: [32, 28] }, pixels)).toEqual(own)
})

test.each([
  ['weights', { trained: { model, parameters: weights([1, 3]) } }],
  ['names of weights', { trained: { model, parameters: weights([1, 2], 'v') } }],
  ['shapes of weights', { trained: { model, parameters: weights([1, 2], 'w', [2, 1]) } }],
  ['layout', { trained: { ...trained, model: { ...model, layout: 'classifier' } } }],
  ['position table', { trained: { ...trained, model: { ...model, family: 'mvd' } } }],
  ['heads', { trained: { ...trained, model: { ...model, sizes: { ...model.sizes, heads: 4 } } } }],
  ['crop of the teacher', { seen: { ...geometry, imageSize: 28 } }],
  ['frames of the clip', { seen: { ...geometry, frames: 8 } }],
  ['normalisation', { isNormalized: true }],
  ['engine', { computed: { ...arithmetic, engine: 'onnx-cuda' } }],
  ['precision', { computed: { ...arithmetic, precision: 'bfloat16' } }],
  ['TF32', { computed: { ...arithmetic, tf32: true } }],
] as const)('another key with other %s', (_, change) => {
  const all = { trained, seen: geometry, isNormalized: false, computed: arithmetic, ...change }
  const other = clipKey(teacherKey(all.trained, all.seen, all.isNormalized, all.computed), plan, pixels)
  expect(other.digest).not.toBe(own.digest)
  expect(other.description).not.toBe(own.description)
})

test.each([
  ['video', { digest: 'abd' }],
  ['length', { frameCount: 61 }],
  ['decoded size', { decodedSize: { width: 64, height: 41 } }],
  ['frames', { frameIndices: [0, 2, 4, 7] }],
  ['crop', { crop: { ...plan.crop, x: 1 } }],
  ['flip', { flip: true }],
  ['resampling', { resample: 'antialiased-cubic' }],
] as const)('another key with another %s of the clip', (_, change) => {
  expect(clipKey(teacher, { ...plan, ...change }, pixels).digest).not.toBe(own.digest)
})

test('the same plan with other pixels, as of another decoder, has the same name and another description', () => {
  const other = clipKey(teacher, plan, pixelChecksum(Float32Array.of(1, 2, 4)))
  expect(other.digest).toBe(own.digest)
  expect(other.description).not.toBe(own.description)
})
