import { z } from 'zod'
import { formatVersions } from '../layout.ts'
import { datasetDetail } from './dataset-detail.ts'
import {
  type DatasetManifest,
  defaultSplitSet,
  labels,
  manifestFields,
  splitSet,
  storedSample,
  video,
} from './dataset.ts'
import { importReport } from './import-report.ts'
import { splitSchema } from './split.ts'

/** Header of a dataset: everything but its lines, which are in the file `samples.jsonl` beside it. */
export const datasetHeader = datasetDetail.extend({
  version: z.literal(formatVersions.manifest),
  lines: z.object({ count: z.int().nonnegative(), sizeBytes: z.int().nonnegative(), sha256: z.string() }),
})
export type DatasetHeader = z.infer<typeof datasetHeader>

/** Version 2 had the samples in the same file. Never change this schema. */
const version2 = z.object({
  version: z.literal(2),
  ...manifestFields,
  videos: z.array(video),
  samples: z.array(storedSample),
  splitSets: z.array(splitSet),
  report: importReport.optional(),
})

/** Version 1 had one sample per video, and its labels and its split in the video. Never change this schema. */
const version1 = z.object({
  version: z.literal(1),
  ...manifestFields,
  videos: z.array(video.omit({ frameCount: true }).extend({ frames: z.int().positive(), split: splitSchema, labels })),
})

/** `datasets/<name>/manifest.json`. */
export const manifestFile = z.discriminatedUnion('version', [datasetHeader, version2, version1])
export type EarlierManifest = z.infer<typeof version2> | z.infer<typeof version1>

/** A dataset that an earlier version of the studio stored. Its digest stays the same. */
export function fromEarlier(manifest: EarlierManifest): DatasetManifest {
  if (manifest.version === 2) {
    const { version: _version, ...contents } = manifest
    return contents
  }
  const { version: _version, videos, ...fields } = manifest
  return {
    ...fields,
    videos: videos.map(({ frames, split: _split, labels: _labels, ...facts }) => ({ ...facts, frameCount: frames })),
    samples: videos.map(({ id, labels }) => ({ id, video: id, labels })),
    splitSets: [{ name: defaultSplitSet, splits: Object.fromEntries(videos.map(({ id, split }) => [id, split])) }],
  }
}
