import { expect, test } from 'vitest'
import { findingsOfVideo } from '#main/datasets/integrity/findings.ts'

const traits = { pixelFormat: 'yuv420p', isRotated: false }
const found = (path: string, frameCount: number) =>
  findingsOfVideo({ path, frameCount }, { path, isDecoded: true, frameCount, traits })

test('a video with fewer frames than a clip of the published recipes is too short, and a picture is not', () => {
  expect(found('a/1.mp4', 15)).toEqual([
    {
      path: 'a/1.mp4',
      verdict: 'too-short',
      reason: 'It has 15 frames. A clip of 16 frames repeats the last one.',
    },
  ])
  expect(found('a/1.mp4', 16)).toEqual([])
  expect(found('a/1.jpg', 1)).toEqual([])
})
