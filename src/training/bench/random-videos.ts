import { createCipheriv, createHash, randomFillSync } from 'node:crypto'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import { type DatasetManifest, defaultSplitSet, type Video } from '#contract/domain/dataset.ts'
import { type ClipReader, finishClip } from '../data/clip.ts'
import { decodedShortSide } from '../data/geometry.ts'

/** As in Kinetics-400. */
const classCount = 400

/** A dataset of `count` videos without files, each with a class; `randomClips` generates their pixels. */
export function randomDataset({ frames, frameStride, imageSize }: ClipConfiguration, count: number): DatasetManifest {
  const height = decodedShortSide(imageSize)
  const facts = {
    frameCount: frames * frameStride,
    width: Math.round((height * 4) / 3),
    height,
    framesPerSecond: 30,
    durationMs: 0,
    codec: 'none',
    sizeBytes: 0,
  }
  const videos = Array.from({ length: count }, (_, index): Video => ({
    ...facts,
    id: `random-${index}`,
    path: `random-${index}`,
    digest: `random-${index}`,
  }))
  const classes = Array.from({ length: classCount }, (_, index) => `class ${index}`)
  return {
    name: 'random',
    root: '',
    createdAt: '',
    digest: '',
    labelSets: [{ name: 'kind', classes }],
    videos,
    samples: videos.map(({ id }, index) => ({ id, video: id, labels: { kind: index % classCount } })),
    splitSets: [{ name: defaultSplitSet, splits: Object.fromEntries(videos.map(({ id }) => [id, 'train' as const])) }],
    broken: [],
  }
}

/** Returns random pixels instead of decoded ones, different for every clip. */
export const randomClips: ClipReader = {
  read: ({ frameIndices, sizes, resample, ...plan }) =>
    Promise.resolve(
      sizes.map((size) => {
        const bytes = randomFillSync(new Uint8Array(frameIndices.length * size * size * 3))
        return finishClip(resample === 'bilinear' ? Float32Array.from(bytes) : bytes, size, plan)
      }),
    ),
}

/** Returns pixels that depend on the plan of the clip only, so that a step can be repeated. */
export const repeatableClips: ClipReader = {
  read: ({ file, frameIndices, crop, sizes, resample, ...plan }) => {
    const key = createHash('sha256')
      .update(JSON.stringify([file, frameIndices, crop]))
      .digest()
    return Promise.resolve(
      sizes.map((size) => {
        const bytes = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(
          new Uint8Array(frameIndices.length * size * size * 3),
        )
        return finishClip(resample === 'bilinear' ? Float32Array.from(bytes) : new Uint8Array(bytes), size, plan)
      }),
    )
  },
}
