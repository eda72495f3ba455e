import { z } from 'zod'
import { errorReport } from '../api/errors.ts'
import { checkpointCard } from './checkpoint.ts'
import { earlyStop } from './early-stopping.ts'
import { engineName } from './engine.ts'
import { attemptEnvironment } from './environment.ts'
import { mediaItem } from './media.ts'
import { isMetricValue, metricName, metricValue } from './metric.ts'
import { testResult } from './result.ts'
import { logLevel } from './run.ts'
import { wait } from './wait.ts'

const at = z.string().meta({ help: 'ISO time' })

/**
 * When an event was written. Clocks of a machine are set, so durations follow from `elapsedMs`: milliseconds since the `started` event of
 * the attempt, by a clock that only goes forward. Absent before it, and from events of earlier versions.
 */
const stamp = { at, elapsedMs: z.number().nonnegative().optional() }

/** How a run ended; `imported` is the end of an import. */
export const endStatus = z.enum(['finished', 'stopped', 'failed', 'imported'])

const anyRunEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    ...stamp,
    attempt: z.int().positive(),
    fromStep: z.int().nonnegative(),
    pid: z.int(),
    engine: z.string(),
    /** The engine that `auto` chose; later attempts use the same one. */
    engineName: engineName.optional(),
    totalSteps: z.int(),
    epochs: z.int(),
    /** Samples of one step: batch size × accumulation steps. */
    effectiveBatchSize: z.int(),
    /** Trainable parameters. */
    parameters: z.int(),
    /** True if it may end before its last step, because a metric no longer improves. */
    mayStopEarly: z.boolean().optional(),
    /** Absent from attempts of earlier versions. */
    environment: attemptEnvironment.optional(),
  }),
  z.object({
    type: z.literal('metrics'),
    ...stamp,
    step: z.int().nonnegative(),
    values: z.record(metricName, metricValue),
  }),
  z.object({
    type: z.literal('imported'),
    /** When the run began in the other program. */
    at,
    /** The points that follow replace those after this step that an earlier import read; -1 for all. */
    fromStep: z.int().min(-1),
  }),
  z.object({ type: z.literal('log'), ...stamp, level: logLevel, message: z.string() }),
  z.object({ type: z.literal('media'), ...stamp, item: mediaItem }),
  z.object({ type: z.literal('checkpoint'), ...stamp, card: checkpointCard }),
  z.object({ type: z.literal('result'), ...stamp, result: testResult }),
  z.object({
    type: z.literal('ended'),
    ...stamp,
    status: endStatus,
    step: z.int(),
    error: errorReport.nullable(),
    /** Why it finished before its last epoch; absent if it did not. */
    earlyStop: earlyStop.optional(),
  }),
])
/** In older lines `batchSize` is the effective batch size. */
function upgrade(line: unknown): unknown {
  if (typeof line !== 'object' || line === null || !('batchSize' in line)) return line
  const { batchSize, ...rest } = line
  return { effectiveBatchSize: batchSize, ...rest }
}

/**
 * One line of `runs/<id>/events.jsonl`, which only the process of the run writes, by appending. Those of an imported run are written
 * by the studio.
 * An attempt begins with `started`; points of earlier attempts after its `fromStep` are superseded.
 */
export const runEvent = z.preprocess(upgrade, anyRunEvent)
export type RunEvent = z.infer<typeof runEvent>

/**
 * The event that a parsed line is; undefined if it is none. Nearly all lines of a long run are metrics: they are checked without the schema,
 * which takes as long as everything else that is done with them.
 */
export const readRunEvent = (line: unknown): RunEvent | undefined =>
  isMetrics(line) ? line : runEvent.safeParse(line).data

/** Whether the schema would take a line as metrics, without changing anything but fields that it does not know. */
function isMetrics(line: unknown): line is Extract<RunEvent, { type: 'metrics' }> {
  if (typeof line !== 'object' || line === null || 'batchSize' in line) return false
  if (!('type' in line && 'at' in line && 'step' in line && 'values' in line) || line.type !== 'metrics') return false
  const { at, step, values } = line
  const elapsedMs = 'elapsedMs' in line ? line.elapsedMs : undefined
  return (
    typeof at === 'string' &&
    typeof step === 'number' &&
    Number.isSafeInteger(step) &&
    step >= 0 &&
    (elapsedMs === undefined || (typeof elapsedMs === 'number' && Number.isFinite(elapsedMs) && elapsedMs >= 0)) &&
    isValues(values)
  )
}

function isValues(values: unknown): boolean {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false
  for (const [name, value] of Object.entries(values)) if (name === '' || !isMetricValue(value)) return false
  return true
}

/** Exit codes of a process that could not record how it ended, because its folder cannot be written. */
export const unrecordedEnds = { 'workspace-read-only': 73, 'disk-full': 74 } as const

/** `runs/<id>/heartbeat.json`, replaced at least every two seconds while the child lives. Its last two fields are absent in earlier versions. */
export const heartbeat = z.object({
  pid: z.int(),
  startedAt: z.string(),
  at: z.string(),
  step: z.int(),
  /** Since the last step was completed, or since the process started, by a clock that is never set. */
  sinceStepMs: z.number().nonnegative().optional(),
  /** Null while it waits for nothing. */
  waitsFor: wait.nullable().optional(),
})
export type Heartbeat = z.infer<typeof heartbeat>

/** `runs/<id>/attempts/<number>.json`, which the process of an attempt creates before it writes anything else. */
export const attemptFile = z.object({ pid: z.int(), host: z.string(), at: z.string() })
