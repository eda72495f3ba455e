import { join } from 'node:path'
import { z } from 'zod'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import type { Video } from '#contract/domain/dataset.ts'
import { datasetFiles, formatVersions } from '#contract/layout.ts'
import { readJsonIfPresent, writeJson } from './json-file.ts'
import { readVideoDigest } from './video-digest.ts'
import { readVideoStats } from './video-stats.ts'

/** A video whose file is not as it was imported. */
export interface VideoChange {
  /** Relative to the root of the dataset. */
  readonly path: string
  readonly problem: 'missing' | 'changed' | 'silent'
  /** What is different: `12 bytes instead of 40`. */
  readonly difference: string
}

/** `datasets/<name>/verified.json`: times of files whose content was compared with the manifest after the import, by path. */
const verifiedFiles = z.object({
  version: z.literal(formatVersions.verified),
  videos: z.record(z.string(), z.object({ digest: z.string(), modifiedAtMs: z.number() })),
})

export interface ChangeSearch {
  readonly signal?: AbortSignal
  /** Time for comparing contents. What is left is compared when it is first decoded. */
  readonly compareMs?: number
  /** A file that does not answer within this time ends the search. */
  readonly answerMs?: number
}

/** System calls at a time: more would occupy all threads of Node.js if the file system does not answer. */
const concurrency = 3

/**
 * Compares size and time of every video file with the dataset, and where the time differs or is not known, its content.
 * @param folder folder of the dataset in the workspace, where the result of comparing contents is kept
 * @returns the videos that differ, in the order of the dataset
 */
export async function findChangedVideos(
  { root, videos }: { readonly root: string; readonly videos: Iterable<Video> },
  folder: string,
  { signal, compareMs = 3000, answerMs = 15_000 }: ChangeSearch = {},
): Promise<VideoChange[]> {
  const file = join(folder, datasetFiles.verified)
  const verified = readVerified(file)
  const until = performance.now() + compareMs
  let isNew = false
  const compare = async (video: Video): Promise<VideoChange | undefined> => {
    const path = join(root, video.path)
    const change = (problem: VideoChange['problem'], difference: string) => ({ path: video.path, problem, difference })
    try {
      const { isVideo, sizeBytes, modifiedAtMs } = await answered(readVideoStats(path), answerMs)
      if (!isVideo) return change('changed', 'not a regular file')
      if (sizeBytes !== video.sizeBytes) return change('changed', `${sizeBytes} bytes instead of ${video.sizeBytes}`)
      const known = verified.get(video.path)
      const isKnown = known?.digest === video.digest && known.modifiedAtMs === modifiedAtMs
      if (modifiedAtMs === video.modifiedAtMs || isKnown || performance.now() > until) return undefined
      if ((await answered(readVideoDigest(path), answerMs)) !== video.digest) return change('changed', 'other content')
      verified.set(video.path, { digest: video.digest, modifiedAtMs })
      isNew = true
      return undefined
    } catch (cause) {
      if (cause instanceof NoAnswer) return change('silent', `no answer within ${Math.round(answerMs / 1000)} s`)
      const code = systemCode(cause)
      if (code === 'ENOENT' || code === 'ENOTDIR') return change('missing', 'missing')
      const problem = systemProblem(cause)?.problem
      if (problem === undefined || code === 'EMFILE' || code === 'ENFILE') throw cause
      return change('changed', problem)
    }
  }
  const changes: { readonly index: number; readonly change: VideoChange }[] = []
  const all = videos[Symbol.iterator]()
  let next = 0
  let isSilent = false
  const work = async () => {
    while (!isSilent) {
      signal?.throwIfAborted()
      const item = all.next()
      if (item.done === true) return
      const index = next++
      const change = await compare(item.value)
      if (change !== undefined) changes.push({ index, change })
      if (change?.problem === 'silent') isSilent = true
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  if (isNew) writeVerified(file, verified)
  return changes.toSorted((a, b) => a.index - b.index).map(({ change }) => change)
}

class NoAnswer extends Error {}

/** @throws NoAnswer if the promise does not settle in time */
async function answered<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer()), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

type Verified = Map<string, { digest: string; modifiedAtMs: number }>

/** A damaged file only means that contents are compared again. */
function readVerified(file: string): Verified {
  try {
    return new Map(Object.entries(readJsonIfPresent(file, verifiedFiles)?.videos ?? {}))
  } catch (cause) {
    if (cause instanceof StudioError) return new Map()
    throw cause
  }
}

/** What cannot be kept is compared again next time. */
function writeVerified(file: string, verified: Verified): void {
  try {
    writeJson(file, { version: formatVersions.verified, videos: Object.fromEntries(verified) } satisfies z.infer<
      typeof verifiedFiles
    >)
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
  }
}

const namedChanges = 5

/** The error for a dataset with such videos. It names the first few and their number. */
export function datasetChanged(dataset: string, changes: readonly VideoChange[]): StudioError {
  const named = changes.slice(0, namedChanges).map(({ path, difference }) => `${path} (${difference})`)
  const others = changes.length - named.length
  const list = `${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`
  const silent = changes.some(({ problem }) => problem === 'silent')
  return silent
    ? new StudioError(
        'video-unreadable',
        `The videos of the dataset ${dataset} cannot be read: ${list}.`,
        'Check that the disk or network share with the videos is connected.',
      )
    : new StudioError(
        'dataset-changed',
        `${changes.length === 1 ? 'A video' : `${changes.length} videos`} of the dataset ${dataset} ${changes.length === 1 ? 'is' : 'are'} not as imported: ${list}.`,
        'Restore the files and try again, or read the folder again as a new version of the dataset and launch a new pipeline.',
      )
}
