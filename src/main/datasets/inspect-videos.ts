import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { TaskProgress } from '#contract/api/tasks.ts'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import type { DecodedVerdict, ImportCheck, VideoTraits } from '#contract/domain/integrity.ts'
import { type RunTask, silenceOf, TaskCrash } from '../executors/task.ts'

/** A video file with its facts, or with the reason why it cannot be used. `path` is relative to the dataset's root. */
export type InspectedVideo =
  | { path: string; facts: VideoFacts; traits?: VideoTraits | undefined }
  | { path: string; reason: string; verdict: DecodedVerdict }

export interface InspectionSettings {
  readonly signal?: AbortSignal | undefined
  /** How long a child may show no sign of life. */
  readonly silenceMs?: number
  /** Folder of the frame cache, into which the frames of short and small videos are written. */
  readonly frameCache?: string | undefined
  /** Frames per second of folders of numbered pictures. */
  readonly frameRate?: number | undefined
  /** `index` reads headers; by default every frame is decoded. */
  readonly check?: ImportCheck | undefined
}

/**
 * Opens every file once and decodes it, or reads its header, in one child process per core, at most four. If a child crashes, the first file without a result is
 * broken, and if one shows no sign of life for `silenceMs`, its file is if that happens twice; a new child continues with the rest.
 * Results come in the order of `paths`.
 */
export async function inspectVideos(
  runTask: RunTask,
  root: string,
  paths: readonly string[],
  report: (video: InspectedVideo) => void,
  { signal, silenceMs = 60_000, frameCache, frameRate, check }: InspectionSettings = {},
): Promise<InspectedVideo[]> {
  const inspected = new Map<string, InspectedVideo>()
  const add = (video: InspectedVideo) => {
    if (inspected.has(video.path)) return
    inspected.set(video.path, video)
    report(video)
  }
  const children = Math.min(4, availableParallelism(), paths.length)
  const shares = Array.from({ length: children }, (_, child) =>
    paths.filter((_path, index) => index % children === child),
  )
  const abort = new AbortController()
  const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal])
  try {
    await Promise.all(
      shares.map((share) =>
        inspectShare(runTask, root, share, add, { signal: either, silenceMs, frameCache, frameRate, check }),
      ),
    )
  } finally {
    // If one share fails, the others stop.
    abort.abort()
  }
  return paths.flatMap((path) => inspected.get(path) ?? [])
}

type Inspected = TaskProgress<'inspect-videos'>['inspected'][number]

const inspectedAs = (path: string, video: Inspected): InspectedVideo =>
  video.state === 'readable'
    ? { path, facts: video.facts, traits: video.traits }
    : { path, reason: video.reason, verdict: video.verdict }

/** Reading the header of a plain video takes less time than reporting it. */
const waitingResults = 63

async function inspectShare(
  runTask: RunTask,
  root: string,
  paths: readonly string[],
  add: (video: InspectedVideo) => void,
  { signal, silenceMs, frameCache, frameRate, check }: Required<InspectionSettings> & { signal: AbortSignal },
): Promise<void> {
  /** Files whose decoder showed no sign of life; each is tried twice. */
  const silent = new Set<string>()
  const pathOf = new Map(paths.map((path) => [join(root, path), path]))
  const remaining = new Set(pathOf.keys())
  /** Whether each result is reported at once: of a disk that does not answer, some may be waiting. */
  let isExact = check !== 'index'
  while (remaining.size > 0) {
    let isStarted = false
    const before = remaining.size
    const finish = (file: string, result: (path: string) => InspectedVideo) => {
      const path = pathOf.get(file)
      if (path === undefined || !remaining.delete(file)) return
      add(result(path))
    }
    try {
      await runTask(
        'inspect-videos',
        {
          files: [...remaining],
          ...(frameCache === undefined ? {} : { frameCache }),
          ...(frameRate === undefined ? {} : { frameRate }),
          ...(check === undefined ? {} : { check }),
          ...(isExact ? {} : { waitingResults }),
        },
        {
          signal,
          silenceMs,
          hasNoPixels: check === 'index',
          onProgress: ({ inspected }) => {
            isStarted = true
            for (const video of inspected) finish(video.file, (path) => inspectedAs(path, video))
          },
        },
      )
    } catch (cause) {
      const [opened] = remaining
      if (!(cause instanceof TaskCrash) || !isStarted || opened === undefined) throw cause
      const isSilent = cause.exit === silenceOf(silenceMs)
      if (isSilent && !isExact) {
        isExact = true
        continue
      }
      const refuse = (file: string, reason: string) => finish(file, (path) => ({ path, reason, verdict: 'unreadable' }))
      if (!isSilent) refuse(opened, `The decoder crashed on this file (${cause.exit}).`)
      else if (silent.has(opened)) refuse(opened, `The decoder showed ${cause.exit}, twice.`)
      else {
        silent.add(opened)
        // The others come first.
        remaining.delete(opened)
        remaining.add(opened)
        continue
      }
    }
    if (remaining.size === before) throw new Error('The task inspect-videos ended without inspecting a file.')
  }
}
