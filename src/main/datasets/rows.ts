import { z } from 'zod'
import { type Sample, storedSample, type Video } from '#contract/domain/dataset.ts'
import type { Split } from '#contract/domain/split.ts'
import { quoted } from '../database/query-functions.ts'

/** A row of the table of videos. */
export interface VideoRow {
  readonly id: string
  readonly path: string
  readonly frame_count: number
  readonly width: number
  readonly height: number
  readonly frames_per_second: number
  readonly duration_ms: number
  readonly codec: string
  readonly size_bytes: number
  readonly digest: string
  readonly modified_at_ms: number | null
}

export const videoOfRow = (row: VideoRow): Video => ({
  id: row.id,
  path: row.path,
  frameCount: row.frame_count,
  width: row.width,
  height: row.height,
  framesPerSecond: row.frames_per_second,
  durationMs: row.duration_ms,
  codec: row.codec,
  sizeBytes: row.size_bytes,
  digest: row.digest,
  ...(row.modified_at_ms === null ? {} : { modifiedAtMs: row.modified_at_ms }),
})

/** A row of the table of samples, joined with its video. */
export interface SampleRow extends VideoRow {
  readonly position: number
  readonly sample_id: string
  readonly first_frame: number | null
  readonly sample_frames: number
  readonly labels: string
  readonly boxes: string | null
  readonly split: Split | null
}

/** The columns of `SampleRow`, over `sample` and `video`. */
export const sampleColumns = `video.*, sample.position, sample.id AS sample_id, sample.first_frame,
  sample.frame_count AS sample_frames, sample.labels, sample.boxes, sample.split`

export const sampleTables = `sample JOIN video ON video.dataset = sample.dataset AND video.position = sample.video`

/** SQL of the class index of a sample in a label set: NULL without one. */
export const indexIn = (labelSet: string): string => `(sample.labels ->> ${quoted(`$."${labelSet}"`)})`

const annotations = z.object(storedSample.pick({ labels: true, boxes: true }).shape)

export function sampleOfRow(row: SampleRow): Sample {
  const { labels, boxes } = annotations.parse({
    labels: JSON.parse(row.labels),
    ...(row.boxes === null ? {} : { boxes: JSON.parse(row.boxes) }),
  })
  return {
    id: row.sample_id,
    video: videoOfRow(row),
    ...(row.first_frame === null ? {} : { span: { firstFrame: row.first_frame, frameCount: row.sample_frames } }),
    labels,
    ...(boxes === undefined ? {} : { boxes }),
    split: row.split,
  }
}
