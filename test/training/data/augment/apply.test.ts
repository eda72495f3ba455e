import { expect, test } from 'vitest'
import { applyOperations } from '#training/data/augment/apply.ts'
import type { ClipOperation } from '#training/data/augment/operation.ts'
import type { FrameStack } from '#training/data/resize.ts'
import pillow from './pillow.json' with { type: 'json' }

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
const { width, height } = pillow
const picture = bytes(pillow.picture)
const frames = { data: picture, frameCount: 1, width, height }

/** Largest difference of any value. */
const worst = (actual: Uint8Array, expected: Uint8Array) =>
  expected.reduce((largest, value, index) => Math.max(largest, Math.abs(value - actual[index]!)), 0)

test.each(pillow.results)('$operation gives the bytes of Pillow', ({ operation, pixels }) => {
  const { data } = applyOperations(frames, [operation as ClipOperation])
  // A product of 4 x 4 weights may round the other way.
  expect(worst(data, bytes(pixels))).toBeLessThanOrEqual(operation.kind === 'affine' ? 1 : 0)
})

test('operations follow each other, on every frame alike, and leave the pixels given as they are', () => {
  const clip = { data: new Uint8Array([...picture, ...picture.toReversed(), ...picture]), frameCount: 3, width, height }
  const before = clip.data.slice()
  const operations: ClipOperation[] = [
    { kind: 'contrast', factor: 1.4 },
    { kind: 'affine', matrix: [1, 0.1, 0, 0, 1, 2] },
    { kind: 'equalize' },
  ]
  const { data } = applyOperations(clip, operations)
  expect(clip.data).toEqual(before)
  const length = picture.length
  expect(data.subarray(2 * length)).toEqual(data.subarray(0, length))
  const step = operations.reduce<FrameStack>((current, operation) => applyOperations(current, [operation]), frames)
  expect(data.subarray(0, length)).toEqual(step.data)
})

test.each<ClipOperation>([
  { kind: 'posterize', bits: 8 },
  { kind: 'solarize', threshold: 256 },
  { kind: 'solarize-add', amount: 0 },
  { kind: 'color', factor: 1 },
  { kind: 'contrast', factor: 1 },
  { kind: 'brightness', factor: 1 },
  { kind: 'sharpness', factor: 1 },
  { kind: 'affine', matrix: [1, 0, 0, 0, 1, 0] },
])('$kind at no strength changes nothing', (operation) =>
  expect(applyOperations(frames, [operation]).data).toEqual(picture),
)

test.each<ClipOperation>([{ kind: 'auto-contrast' }, { kind: 'equalize' }])(
  '$kind keeps a picture of one colour',
  (operation) => {
    const flat = { ...frames, data: new Uint8Array(picture.length).fill(90) }
    expect(applyOperations(flat, [operation]).data).toEqual(flat.data)
  },
)

test('inverting twice gives the picture back', () =>
  expect(applyOperations(frames, [{ kind: 'invert' }, { kind: 'invert' }]).data).toEqual(picture))

test('what comes from outside is grey', () => {
  const { data } = applyOperations(frames, [{ kind: 'affine', matrix: [1, 0, width, 0, 1, 0] }])
  expect(new Set(data)).toEqual(new Set([128]))
})
