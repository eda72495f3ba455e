import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import { type RunTask, TaskCrash } from '../executors/task.ts'

export type Verdict = { path: string; facts: VideoFacts } | { path: string; reason: string }

/**
 * Opens every file once, in one child per spare core. A child that dies takes only the file with it that it had announced;
 * the rest goes on in a new one. Verdicts come back in the order of `paths`.
 */
export async function probeVideos(
  runTask: RunTask,
  root: string,
  paths: readonly string[],
  report: (verdict: Verdict) => void,
  signal?: AbortSignal,
): Promise<Verdict[]> {
  const verdicts = new Map<string, Verdict>()
  const settle = (verdict: Verdict) => {
    if (verdicts.has(verdict.path)) return
    verdicts.set(verdict.path, verdict)
    report(verdict)
  }
  const children = Math.min(4, Math.max(1, availableParallelism() - 1), paths.length)
  const shares = Array.from({ length: children }, (_, child) =>
    paths.filter((_path, index) => index % children === child),
  )
  const abort = new AbortController()
  const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal])
  try {
    await Promise.all(shares.map((share) => probeShare(runTask, root, share, settle, either)))
  } finally {
    // One share that fails ends the others.
    abort.abort()
  }
  return paths.flatMap((path) => verdicts.get(path) ?? [])
}

async function probeShare(
  runTask: RunTask,
  root: string,
  paths: readonly string[],
  settle: (verdict: Verdict) => void,
  signal: AbortSignal,
): Promise<void> {
  const pathOf = new Map(paths.map((path) => [join(root, path), path]))
  const remaining = new Set(pathOf.keys())
  while (remaining.size > 0) {
    let opening: string | undefined
    const before = remaining.size
    const done = (file: string, verdict: (path: string) => Verdict) => {
      const path = pathOf.get(file)
      if (path === undefined || !remaining.delete(file)) return
      settle(verdict(path))
    }
    try {
      await runTask(
        'probe',
        { files: [...remaining] },
        {
          signal,
          onProgress: (progress) => {
            opening = progress.state === 'opening' ? progress.file : undefined
            if (progress.state === 'good') done(progress.file, (path) => ({ path, facts: progress.facts }))
            else if (progress.state === 'broken') done(progress.file, (path) => ({ path, reason: progress.reason }))
          },
        },
      )
    } catch (cause) {
      if (!(cause instanceof TaskCrash) || opening === undefined) throw cause
      done(opening, (path) => ({ path, reason: `the decoder crashed on it (${cause.exit})` }))
    }
    if (remaining.size === before) throw new Error('The probe ended without a verdict.')
  }
}
