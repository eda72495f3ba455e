import type { DatasetManifest, Split } from '#contract/domain/dataset.ts'

const splits: (Split | undefined)[] = ['train', 'validation', 'test', undefined]
const count = 60
const indices = Array.from({ length: count }, (_, index) => index)

/** The splits of the samples `s0`, `s1`, …; those without one are left out. */
const splitsOf = (splitOf: (index: number) => Split | undefined): Record<string, Split> =>
  Object.fromEntries(
    indices.flatMap((index) => {
      const split = splitOf(index)
      return split === undefined ? [] : [[`s${index}`, split] as const]
    }),
  )

/** A dataset with samples of every kind: spans, without a class, without a split, of two label and split sets, with boxes. */
export const variedDataset: DatasetManifest = {
  name: 'd',
  root: '/d',
  createdAt: '2026-01-01T00:00:00Z',
  digest: 'd',
  labelSets: [
    { name: 'motion', classes: ['left', "o'clock", 'Ärm "up"'] },
    { name: 'group', classes: ['x', 'y'] },
  ],
  boxClasses: ["o'clock", 'stand'],
  videos: indices.map((index) => ({
    id: `v${index}`,
    path: `${index % 2 === 0 ? 'Läuft' : 'steht'}/${index}.mp4`,
    frameCount: 20 + index,
    width: 64 + 16 * (index % 3),
    height: 48,
    framesPerSecond: index % 4 === 0 ? 29.97 : 25,
    durationMs: 1000 + 33 * index,
    codec: index % 5 === 0 ? 'hevc' : 'h264',
    sizeBytes: 1000 * (index + 1),
    digest: String(index),
    ...(index % 3 === 0 ? {} : { modifiedAtMs: index + 0.5 }),
  })),
  samples: indices.flatMap((index) => [
    {
      id: `s${index}`,
      video: `v${index}`,
      labels: { motion: index % 4 === 3 ? null : index % 4, group: index % 2 },
      ...(index % 7 === 0
        ? { boxes: [{ frameIndex: 1, x: 0.5, y: 0, width: 0.25, height: 1, labels: ['stand', "o'clock"], person: 3 }] }
        : {}),
    },
    ...(index % 10 === 0
      ? [{ id: `t${index}`, video: `v${index}`, span: { firstFrame: 3, frameCount: 5 }, labels: { motion: 1 } }]
      : []),
  ]),
  splitSets: [
    { name: 'default', splits: splitsOf((index) => splits[index % 4]) },
    { name: 'split-1', splits: splitsOf((index) => splits[index % 4]) },
    { name: 'split-2', splits: splitsOf((index) => splits[(index + 1) % 3]) },
  ],
  broken: [
    { path: 'b/1.mp4', reason: 'it has no picture' },
    { path: 'b/2.mp4', reason: 'The file is not in the folder.', isMissing: true },
  ],
}
