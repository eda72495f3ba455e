import type { DatasetVersions } from '#contract/domain/dataset-version.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'

/** Two versions of a dataset: a video was added and another one relabelled. */
export function fakeVersions({ name, createdAt, digest, videoCount, brokenCount }: DatasetSummary): DatasetVersions {
  const counts = { added: 1, removed: 0, content: 0, labels: 1, split: 0 }
  const examples = { added: ['fall/new.mp4'], removed: [], content: [], labels: ['roll/03.mp4'], split: [] }
  const common = { brokenCount, videoCount, sampleCount: videoCount }
  return {
    name,
    versions: [
      { ...common, number: 2, createdAt, digest, change: { counts, examples }, pipelines: ['falls-student'] },
      {
        ...common,
        number: 1,
        createdAt: '2026-05-02T09:30:00.000Z',
        digest: '0'.repeat(64),
        videoCount: videoCount - 1,
        sampleCount: videoCount - 1,
        change: null,
        pipelines: [],
      },
    ],
  }
}
