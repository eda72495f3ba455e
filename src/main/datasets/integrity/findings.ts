import type { BrokenVideo, Video } from '#contract/domain/dataset.ts'
import { type Finding, publishedClipFrames } from '#contract/domain/integrity.ts'
import { formatQuantity } from '#contract/format.ts'
import { isPictureFile } from '#node/picture-file.ts'
import type { Comparison, Copy, FileRecord } from './records.ts'

/** Formats with more than 8 bits for a colour, or with a transparency beside it: libavutil's names. */
const oddPixelFormats = /(?:9|1[0246]|32|48|64)(?:le|be)$|^(?:yuva|ya8|gbrap|bayer|xyz)/

/** What is wrong with a video of a dataset by what is known of its file. */
export function findingsOfVideo(
  { path, frameCount }: Pick<Video, 'path' | 'frameCount'>,
  record: FileRecord | undefined,
): Finding[] {
  if (record === undefined) return []
  const { problem, traits } = record
  if (problem !== undefined) return [{ path, ...problem }]
  const findings: Finding[] = []
  if (record.isDecoded && record.frameCount !== undefined && record.frameCount !== frameCount)
    findings.push({
      path,
      verdict: 'frame-count',
      reason: `It has ${record.frameCount} frames, and its header says ${frameCount}. Import the folder again with a full check to use it.`,
    })
  const frames = record.frameCount ?? frameCount
  if (frames < publishedClipFrames && !isPictureFile(path))
    findings.push({
      path,
      verdict: 'too-short',
      reason: `It has ${formatQuantity(frames, 'frame')}. A clip of ${publishedClipFrames} frames repeats the last one.`,
    })
  if (traits !== undefined && oddPixelFormats.test(traits.pixelFormat))
    findings.push({
      path,
      verdict: 'pixel-format',
      reason: `Its pixels (${traits.pixelFormat}) are converted to 8 bits of red, green and blue.`,
    })
  if (traits?.isRotated === true)
    findings.push({ path, verdict: 'rotated', reason: 'It is stored rotated or mirrored, and shown upright.' })
  return findings
}

/** What is wrong with a file that the import could not use. */
export function findingOfBroken({ path, reason, isMissing }: BrokenVideo, record: FileRecord | undefined): Finding {
  if (isMissing === true) return { path, verdict: 'not-found', reason }
  if (record === undefined) return { path, verdict: 'unreadable', reason }
  return record.problem === undefined
    ? { path, verdict: 'not-listed', reason: 'It can be read now. Import the folder again to use it.' }
    : { path, ...record.problem }
}

/** What was found by comparing files. */
export const findingsOfComparison = ({ repeated, nearDuplicates = [], notListed }: Comparison): Finding[] => [
  ...repeated.map((copy) => findingOfCopy(copy, 'repeated', `It has the same content as ${copy.of}.`)),
  ...nearDuplicates.map((copy) => findingOfCopy(copy, 'near-duplicate', `It looks the same as ${copy.of}.`)),
  ...notListed.map(({ path, reason }): Finding => ({ path, verdict: 'not-listed', reason })),
]

const findingOfCopy = (
  { path, isAcrossSplits }: Copy,
  verdict: 'repeated' | 'near-duplicate',
  sentence: string,
): Finding => ({
  path,
  verdict,
  reason: isAcrossSplits ? `${sentence} It is in another split.` : sentence,
  isAcrossSplits,
})
