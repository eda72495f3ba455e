import { join } from 'node:path'
import { z } from 'zod'
import { errorReport } from '#contract/api/errors.ts'
import { askedOfProcess, runPriority } from '#contract/domain/queue.ts'
import { endStatus } from '#contract/domain/run-event.ts'
import { formatVersions, runFiles } from '#contract/layout.ts'
import { readJsonIfPresent, writeJson } from '#node/json-file.ts'
import { type Job, jobHandle } from '../executors/executor.ts'

/** How a run ended. */
export const seenEnd = z.object({ status: endStatus, at: z.string(), step: z.int(), error: errorReport.nullable() })
export type SeenEnd = z.infer<typeof seenEnd>

const current = z.object({
  version: z.literal(formatVersions.process),
  /** When the run was launched or last resumed. The queue is ordered by it. */
  queuedAt: z.string(),
  /** When it was stopped while it was queued. */
  stoppedAt: z.string().nullable(),
  /** When it was submitted to its executor. */
  submittedAt: z.string().nullable(),
  /** Name of the executor that it was submitted to. */
  executor: z.string().nullable(),
  /** Handle of the job; null until the executor has returned it. */
  handle: jobHandle.nullable(),
  /** Size of `events.jsonl` at submission: only an end after it is the end of this process. */
  eventsFrom: z.int().nonnegative(),
  /** How the process ended, if the studio saw it: `exit code 1`, `signal SIGKILL`. */
  exit: z.string().nullable(),
  /** The end that the studio read in `events.jsonl`, in case that file is lost. Absent from records of earlier versions. */
  end: seenEnd.nullable().default(null),
  /** Runs of a higher priority start first. */
  priority: runPriority.default('normal'),
  /** Where it is among the queued runs of its priority; null if it has not been moved. */
  position: z.number().nullable().default(null),
  /** Whether it does not start until it is released. */
  isHeld: z.boolean().default(false),
  /** What was asked of its process. */
  asked: askedOfProcess.nullable().default(null),
})

const defaultPlace = { priority: 'normal', position: null, isHeld: false, asked: null } as const

/** Version 1 knew processes of this machine only, by their id. */
const version1 = z
  .object({
    version: z.literal(1),
    queuedAt: z.string(),
    stoppedAt: z.string().nullable(),
    spawnedAt: z.string().nullable(),
    pid: z.int().nullable(),
    eventsFrom: z.int().nonnegative(),
    exit: z.string().nullable(),
  })
  .transform(({ spawnedAt, pid, ...rest }): z.infer<typeof current> => ({
    ...rest,
    version: formatVersions.process,
    submittedAt: spawnedAt,
    executor: spawnedAt === null ? null : 'local',
    handle: spawnedAt === null || pid === null ? null : { pid },
    end: null,
    ...defaultPlace,
  }))

/**
 * `runs/<id>/process.json`: what the studio decided and saw of a run's process. Together with `events.jsonl` it determines
 * the run's status, so that the database can be rebuilt from the folder.
 */
const processRecord = z.union([current, version1])
export type ProcessRecord = z.infer<typeof processRecord>

export function queuedRecord(queuedAt: string): ProcessRecord {
  return {
    version: formatVersions.process,
    queuedAt,
    stoppedAt: null,
    submittedAt: null,
    executor: null,
    handle: null,
    eventsFrom: 0,
    exit: null,
    end: null,
    ...defaultPlace,
  }
}

export function readProcessRecord(folder: string): ProcessRecord | undefined {
  return readJsonIfPresent(join(folder, runFiles.process), processRecord)
}

export function writeProcessRecord(folder: string, record: ProcessRecord): void {
  writeJson(join(folder, runFiles.process), record)
}

/** The job of a record, or undefined if it was not submitted. */
export const jobOf = (folder: string, { submittedAt, handle }: ProcessRecord): Job | undefined =>
  submittedAt === null ? undefined : { folder, submittedAt, handle }
