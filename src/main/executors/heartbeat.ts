import { readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { systemCode } from '#contract/api/errors.ts'
import { attemptFile, type Heartbeat, heartbeat } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'

/** The newest heartbeat of a run; undefined if there is none, or a power cut damaged it. */
export const readHeartbeat = (folder: string): Heartbeat | undefined =>
  readSign(join(folder, runFiles.heartbeat), heartbeat)

/** The process of the newest attempt of a run, if it is or was one of this machine. */
export function readAttemptProcess(folder: string): number | undefined {
  const attempts = join(folder, runFiles.attempts)
  const newest = namesIn(attempts)
    .filter((name) => /^\d+\.json$/.test(name))
    .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .at(-1)
  const found = newest === undefined ? undefined : readSign(join(attempts, newest), attemptFile)
  return found?.host === hostname() ? found.pid : undefined
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return []
    throw cause
  }
}

function readSign<S extends z.ZodType>(file: string, schema: S): z.infer<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch (cause) {
    if (cause instanceof SyntaxError || systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
