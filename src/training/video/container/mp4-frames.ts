import { type Boxes, entriesOf, largestTerm } from './mp4-boxes.ts'
import { requirePlain } from './source.ts'

/** What the tables of a track say of its frames (ISO 14496-12, sections 8.6 and 8.7). */
interface FrameTables {
  readonly frameCount: number
  /** Of all frames, in units of the track. */
  readonly duration: number
  /** When the first frame is shown after it could be decoded, in units of the track. */
  readonly firstDelay: number
  readonly first: Extent
}

/** Bytes of a file. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/** @throws NotPlain, or RangeError, if the tables contradict each other, or frames lie behind the end of the file */
export function readFrameTables(tables: Boxes, fileBytes: number): FrameTables {
  const sizes = tables.one('stsz')
  const frameCount = sizes.readUInt32BE(8)
  requirePlain(frameCount > 0 && frameCount <= largestTerm)
  const keyFrames = tables.optional('stss')
  if (keyFrames !== undefined) requirePlain(entriesOf(keyFrames, 4) > 0 && keyFrames.readUInt32BE(8) === 1)
  return {
    frameCount,
    duration: durationOf(tables.one('stts'), frameCount),
    firstDelay: firstDelayOf(tables.optional('ctts')),
    first: firstOf(tables, frameCount, fileBytes),
  }
}

function durationOf(times: Buffer, frameCount: number): number {
  const entries = entriesOf(times, 8)
  let [timed, duration] = [0, 0]
  for (let entry = 0; entry < entries; entry++) {
    const [count, length] = [times.readUInt32BE(8 + 8 * entry), times.readUInt32BE(12 + 8 * entry)]
    requirePlain(count > 0 && length > 0)
    timed += count
    duration += count * length
  }
  requirePlain(timed === frameCount && duration <= largestTerm)
  return duration
}

function firstDelayOf(delays: Buffer | undefined): number {
  if (delays === undefined) return 0
  requirePlain(entriesOf(delays, 8) > 0 && delays.readUInt32BE(8) > 0)
  return delays.readInt32BE(12)
}

/** Where the first frame is, after a walk over all chunks. */
function firstOf(tables: Boxes, frameCount: number, fileBytes: number): Extent {
  const sizes = tables.one('stsz')
  const commonSize = sizes.readUInt32BE(4)
  const sizeOf = (frame: number): number => (commonSize === 0 ? sizes.readUInt32BE(12 + 4 * frame) : commonSize)
  const chunks = chunksOf(tables)
  const runs = tables.one('stsc')
  const runCount = entriesOf(runs, 12)
  let [run, perChunk, frame] = [0, 0, 0]
  for (const [index, start] of chunks.entries()) {
    // Each entry holds from its first chunk on, with its number of frames and the number of their description.
    if (run < runCount && runs.readUInt32BE(8 + 12 * run) === index + 1) {
      perChunk = runs.readUInt32BE(12 + 12 * run)
      requirePlain(perChunk > 0 && runs.readUInt32BE(16 + 12 * run) === 1)
      run += 1
    }
    requirePlain(perChunk > 0 && frame + perChunk <= frameCount)
    let end = start
    for (const next = frame + perChunk; frame < next; frame++) end += sizeOf(frame)
    requirePlain(end <= fileBytes)
  }
  const [start] = chunks
  requirePlain(start !== undefined && frame === frameCount && run === runCount)
  return { start, end: start + sizeOf(0) }
}

/** Positions of the chunks. */
function chunksOf(tables: Boxes): readonly number[] {
  const short = tables.optional('stco')
  const table = short ?? tables.one('co64')
  const count = entriesOf(table, short === undefined ? 8 : 4)
  const starts: number[] = []
  for (let chunk = 0; chunk < count; chunk++)
    starts.push(short === undefined ? Number(table.readBigUInt64BE(8 + 8 * chunk)) : table.readUInt32BE(8 + 4 * chunk))
  return starts
}
