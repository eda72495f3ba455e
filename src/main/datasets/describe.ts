import { balanceOf } from '#contract/domain/class-coverage.ts'
import { type DatasetDetail, VideoRangesBuilder } from '#contract/domain/dataset-detail.ts'
import { type DatasetManifest, type DatasetSummary, datasetSummary, samplesOf } from '#contract/domain/dataset.ts'

/** What is known of a dataset without its samples. */
export function describeDataset(manifest: DatasetManifest): DatasetDetail {
  const { name, root, createdAt, digest, labelSets, videos, broken } = manifest
  const ranges = new VideoRangesBuilder()
  let totalFrames = 0
  let totalDurationMs = 0
  let totalSizeBytes = 0
  for (const video of videos) {
    ranges.add(video)
    totalFrames += video.frameCount
    totalDurationMs += video.durationMs
    totalSizeBytes += video.sizeBytes
  }
  const samples = samplesOf(manifest)
  return {
    name,
    root,
    createdAt,
    digest,
    labelSets,
    videoCount: videos.length,
    brokenCount: broken.length,
    totalFrames,
    totalDurationMs,
    totalSizeBytes,
    balance: labelSets.flatMap((labelSet) => balanceOf(labelSet, samples)),
    sampleCount: samples.length,
    splitSets: manifest.splitSets.map((set) => set.name),
    videos: ranges.ranges(),
    report: manifest.report ?? null,
  }
}

/** What lists show of a dataset. */
export const summaryOf = (detail: DatasetDetail): DatasetSummary => datasetSummary.parse(detail)
