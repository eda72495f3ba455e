import { randomFillSync } from 'node:crypto'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { DatasetManifest, Video } from '#contract/domain/dataset.ts'
import { decodedShortSide } from '../data/batches.ts'
import type { VideoPool } from '../video/pool.ts'

/** Kinetics-400 has as many. */
const classCount = 400

/** A dataset of `count` videos that exist in name only, each with a class; `randomFrames` makes up their pixels. */
export function randomDataset({ frames, frameStride, imageSize }: ClipConfiguration, count: number): DatasetManifest {
  const height = decodedShortSide(imageSize)
  const facts = {
    frames: frames * frameStride,
    width: Math.round((height * 4) / 3),
    height,
    framesPerSecond: 30,
    durationMs: 0,
    codec: 'none',
    sizeBytes: 0,
    digest: '',
  }
  const videos = Array.from({ length: count }, (_, index): Video => ({
    ...facts,
    id: `random-${index}`,
    path: `random-${index}`,
    split: 'train',
    labels: { kind: index % classCount },
  }))
  const classes = Array.from({ length: classCount }, (_, index) => `class ${index}`)
  return {
    version: 1,
    name: 'random',
    root: '',
    createdAt: '',
    digest: '',
    labelSets: [{ name: 'kind', classes }],
    videos,
    broken: [],
  }
}

/** Random pixels in the place of decoded ones; new ones for every request. */
export const randomFrames: VideoPool = {
  frames: ({ frames, sizes, resample }) =>
    Promise.resolve(
      sizes.map((size) => {
        const bytes = randomFillSync(new Uint8Array(frames.length * size * size * 3))
        return resample === 'bilinear' ? Float32Array.from(bytes) : bytes
      }),
    ),
  dispose: () => Promise.resolve(),
}
