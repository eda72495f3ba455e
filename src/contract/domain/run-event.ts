import { z } from 'zod'
import { errorReport } from '../api/errors.ts'
import { checkpointCard } from './checkpoint.ts'
import { engineName } from './engine.ts'
import { mediaItem } from './media.ts'
import { metricName, metricValue } from './metric.ts'
import { logLevel, testResult } from './run.ts'

const at = z.string().meta({ help: 'ISO time' })

/**
 * One line of `runs/<id>/events.jsonl`, written by the training child alone and only appended to.
 * An attempt begins with `started`; points of an earlier attempt after its `fromStep` are superseded.
 */
export const runEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    at,
    attempt: z.int().positive(),
    fromStep: z.int().nonnegative(),
    pid: z.int(),
    engine: z.string(),
    /** What `auto` came to, for the attempts that go on from here. */
    engineName: engineName.optional(),
    totalSteps: z.int(),
    epochs: z.int(),
    batchSize: z.int(),
    /** Trainable parameters. */
    parameters: z.int(),
  }),
  z.object({
    type: z.literal('metrics'),
    at,
    step: z.int().nonnegative(),
    values: z.partialRecord(metricName, metricValue),
  }),
  z.object({ type: z.literal('log'), at, level: logLevel, message: z.string() }),
  z.object({ type: z.literal('media'), at, item: mediaItem }),
  z.object({ type: z.literal('checkpoint'), at, card: checkpointCard }),
  z.object({ type: z.literal('result'), at, result: testResult }),
  z.object({
    type: z.literal('ended'),
    at,
    status: z.enum(['finished', 'stopped', 'failed']),
    step: z.int(),
    error: errorReport.nullable(),
  }),
])
export type RunEvent = z.infer<typeof runEvent>

/** `runs/<id>/heartbeat.json`, replaced at least every two seconds while the child lives. */
export const heartbeat = z.object({ pid: z.int(), startedAt: z.string(), at: z.string(), step: z.int() })
export type Heartbeat = z.infer<typeof heartbeat>
