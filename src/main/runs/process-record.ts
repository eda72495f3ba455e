import { join } from 'node:path'
import { z } from 'zod'
import { runFiles } from '#contract/layout.ts'
import { readJsonIfPresent, writeJson } from '#node/json-file.ts'

/**
 * `runs/<id>/process.json`: what the studio decided and saw of a run's process, which the process cannot write itself.
 * With `events.jsonl` it decides the run's status, so that the database can be rebuilt from the folder alone.
 */
const processRecord = z.object({
  version: z.literal(1),
  /** When the run was launched, or resumed the last time; the queue goes by it. */
  queuedAt: z.string(),
  /** When it was stopped while it waited. */
  stoppedAt: z.string().nullable(),
  spawnedAt: z.string().nullable(),
  pid: z.int().nullable(),
  /** Size of `events.jsonl` when the process started: only an end after it is the end of this process. */
  eventsFrom: z.int().nonnegative(),
  /** How the process ended, where the studio saw it: `exit code 1`, `signal SIGKILL`. */
  exit: z.string().nullable(),
})
export type ProcessRecord = z.infer<typeof processRecord>

export function queuedRecord(queuedAt: string): ProcessRecord {
  return { version: 1, queuedAt, stoppedAt: null, spawnedAt: null, pid: null, eventsFrom: 0, exit: null }
}

export function readProcessRecord(folder: string): ProcessRecord | undefined {
  return readJsonIfPresent(join(folder, runFiles.process), processRecord)
}

export function writeProcessRecord(folder: string, record: ProcessRecord): void {
  writeJson(join(folder, runFiles.process), record)
}
