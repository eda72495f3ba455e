import { type DatasetLine, defaultSplitOf } from '#contract/domain/dataset-lines.ts'
import type { Video } from '#contract/domain/dataset.ts'
import { toJson } from '#node/json-file.ts'
import type { StudioDatabase } from '../database/open.ts'

/** Values of a row, in the order of its columns. */
type Values = (string | number | null)[]

/** Lines that are written at a time, in a tenth of a second. Each turn writes the pages again into which ids fall. */
const linesPerTurn = 5000

/** Makes a statement that inserts a row. */
export const prepareInsert = (database: StudioDatabase, table: string, columns: number) =>
  database.prepare<Values>(`INSERT INTO ${table} VALUES (${Array(columns).fill('?').join(', ')})`)

/**
 * Writes the videos, samples and unused files of a dataset into their tables, in turns.
 * @param key of the dataset in the tables
 * @param hasSplitSets whether it has several
 */
export function* writeRows(
  database: StudioDatabase,
  key: number,
  hasSplitSets: boolean,
  lines: Iterable<DatasetLine>,
): Generator<void, void, void> {
  const insertVideo = prepareInsert(database, 'video', 13)
  const insertSample = prepareInsert(database, 'sample', 10)
  const insertBroken = prepareInsert(database, 'broken_file', 5)
  const videos = new Map<string, { position: number; frameCount: number }>()
  let samples = 0
  let broken = 0
  for (const line of lines) {
    if ((samples + broken) % linesPerTurn === linesPerTurn - 1) yield
    if ('broken' in line) {
      const { path, reason, isMissing } = line.broken
      insertBroken.run(key, broken++, path, reason, isMissing === undefined ? null : Number(isMissing))
      continue
    }
    const { id, video, span, labels, boxes, splits } = line
    if (typeof video !== 'string') {
      insertVideo.run(key, videos.size, ...valuesOfVideo(video))
      videos.set(video.id, { position: videos.size, frameCount: video.frameCount })
    }
    const of = videos.get(typeof video === 'string' ? video : video.id)
    if (of === undefined) throw new Error(`The video of the sample ${id} is not among the samples before it.`)
    insertSample.run(
      key,
      samples++,
      id,
      of.position,
      span?.firstFrame ?? null,
      span?.frameCount ?? of.frameCount,
      toJson(labels),
      boxes === undefined ? null : toJson(boxes),
      defaultSplitOf(splits),
      hasSplitSets ? toJson(splits) : null,
    )
  }
}

/** In the order of the columns of `video`. */
function valuesOfVideo(video: Video): Values {
  const { id, path, frameCount, width, height, framesPerSecond, durationMs, codec, sizeBytes, digest } = video
  const facts = [id, path, frameCount, width, height, framesPerSecond, durationMs, codec, sizeBytes, digest]
  return [...facts, video.modifiedAtMs ?? null]
}
