import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import type { BrokenVideo, DatasetManifest, Video } from '#contract/domain/dataset.ts'
import { chosenColumns } from '#contract/domain/import-report.ts'
import { readVideoStats, type VideoStats } from '#node/video-stats.ts'
import type { RunTask } from '../../executors/task.ts'
import { readAnnotations } from '../formats/index.ts'
import { leftOutOf, notListed } from '../import.ts'
import { type InspectedVideo, inspectVideos } from '../inspect-videos.ts'
import { sameContents } from '../repeats.ts'
import { resolveFolder, scanFolder } from '../scan.ts'
import { copiesOf } from './compare.ts'
import type { KnownFiles } from './known-files.ts'
import type { Comparison, FileRecord } from './records.ts'

/** A dataset that is verified. */
export interface VerifiedDataset {
  readonly detail: DatasetDetail
  /** All of it, with the splits also of excluded samples. */
  readonly manifest: DatasetManifest
  readonly known: KnownFiles
}

interface VerificationOptions {
  readonly runTask: RunTask
  /** Decodes also what was decoded before. */
  readonly again: boolean
  readonly report: (done: number, total: number, path: string) => void
  readonly signal: AbortSignal
}

type Candidate = { readonly video: Video } | { readonly broken: BrokenVideo }

/**
 * Decodes every file of a dataset that was not decoded since it last changed, then compares the files with each other and with the
 * folder. What is found is stored file by file, so that the next verification goes on where this one ended.
 */
export async function verifyDataset(
  { detail, manifest, known }: VerifiedDataset,
  { runTask, again, report, signal }: VerificationOptions,
): Promise<void> {
  const root = resolveFolder(detail.root)
  const candidates = candidatesOf(manifest)
  const total = candidates.size
  const stats = new Map<string, VideoStats>()
  let done = 0
  for (const [path, candidate] of candidates) {
    signal.throwIfAborted()
    const found = await statsOf(join(root, path))
    if (found === undefined) add(candidate, { path, isDecoded: false, problem: { verdict: 'missing', reason: gone } })
    else if (again || !isCurrent(known.record(path), found)) {
      stats.set(path, found)
      continue
    }
    done += 1
  }
  report(done, total, '')
  await inspectVideos(
    runTask,
    root,
    [...stats.keys()],
    (inspected) => {
      const candidate = candidates.get(inspected.path)
      if (candidate !== undefined) add(candidate, recordOf(inspected, stats.get(inspected.path), candidate))
      report(++done, total, inspected.path)
    },
    { signal, frameRate: detail.report?.frameRate },
  )
  known.addComparison(await compareFiles({ detail, manifest, known }, root, signal))

  function add(candidate: Candidate, record: FileRecord): void {
    if ('video' in candidate) known.addVideo(candidate.video, record)
    else known.addBroken(candidate.broken, record)
  }
}

const gone = 'The file does not exist any more.'

function candidatesOf({ videos, broken }: DatasetManifest): Map<string, Candidate> {
  const candidates = new Map<string, Candidate>(videos.map((video) => [video.path, { video }]))
  for (const one of broken)
    if (one.isMissing !== true && !candidates.has(one.path)) candidates.set(one.path, { broken: one })
  return candidates
}

/** Undefined if there is no such file. What else is wrong with it, the decoder says. */
async function statsOf(path: string): Promise<VideoStats | undefined> {
  try {
    return await readVideoStats(path)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === undefined) throw cause
    return { isVideo: false, sizeBytes: -1, modifiedAtMs: 0, stamp: '' }
  }
}

const isCurrent = (record: FileRecord | undefined, { sizeBytes, modifiedAtMs }: VideoStats): boolean =>
  record?.isDecoded === true && record.sizeBytes === sizeBytes && record.modifiedAtMs === modifiedAtMs

function recordOf(inspected: InspectedVideo, stats: VideoStats | undefined, candidate: Candidate): FileRecord {
  const record = recordOfInspection(inspected, stats, true)
  if (!('video' in candidate) || !('facts' in inspected) || inspected.facts.digest === candidate.video.digest)
    return record
  return { ...record, problem: { verdict: 'changed', reason: 'Its content is another one than at the import.' } }
}

/** What is known of a file after it was inspected. */
export function recordOfInspection(
  inspected: InspectedVideo,
  stats: Pick<VideoStats, 'sizeBytes' | 'modifiedAtMs'> | undefined,
  isDecoded: boolean,
): FileRecord {
  const { path } = inspected
  const of = stats === undefined ? {} : { sizeBytes: stats.sizeBytes, modifiedAtMs: stats.modifiedAtMs }
  if ('reason' in inspected)
    return { path, ...of, isDecoded, problem: { verdict: inspected.verdict, reason: inspected.reason } }
  const { facts, traits } = inspected
  return { path, ...of, isDecoded, frameCount: facts.frameCount, ...(traits === undefined ? {} : { traits }) }
}

async function compareFiles(
  { detail, manifest, known }: VerifiedDataset,
  root: string,
  signal: AbortSignal,
): Promise<Comparison> {
  const sound = manifest.videos.filter(({ path }) => known.record(path)?.problem === undefined)
  const contents = await sameContents(
    root,
    sound.map(({ path, digest, sizeBytes }) => ({ path, facts: { digest, sizeBytes } })),
    signal,
  )
  const videos = sound.map(({ path, durationMs }) => ({
    path,
    durationMs,
    fingerprint: known.record(path)?.traits?.fingerprint,
  }))
  return {
    ...(await copiesOf(videos, contents, manifest, signal)),
    notListed: filesOutside(detail, manifest, root),
  }
}

/** Videos in the folder that the dataset does not have. */
function filesOutside(
  { report }: DatasetDetail,
  { videos, broken }: DatasetManifest,
  root: string,
): Comparison['notListed'] {
  const folder = scanFolder(root, { followLinks: report?.followLinks ?? false })
  const read = readAnnotations(folder, { columns: chosenColumns(report) })
  const known = new Set([...videos.map(({ path }) => path), ...broken.map(({ path }) => path)])
  return [
    ...[...new Set(read.annotations.map(({ path }) => path))]
      .filter((path) => !known.has(path))
      .map((path) => ({ path, reason: 'It is new since the import. Import the folder again to use it.' })),
    ...notListed(leftOutOf(folder, read)).map(inNoList),
  ]
}

/** What an import says of a video that its lists do not name. */
export const inNoList = (path: string): Comparison['notListed'][number] => ({
  path,
  reason: 'It is in the folder, and no list names it.',
})
