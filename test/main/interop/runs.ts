import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unorganized } from '#contract/domain/organization.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import type { Run } from '#contract/domain/run.ts'
import type { ExportedRun } from '#main/interop/exporter.ts'
import { requestFor, temporaryFolder } from '../support.ts'

const createdAt = '2026-01-01T00:00:00.000Z'

/** Time of a step: one second for each. */
export const at = (step: number): string => new Date(Date.parse(createdAt) + step * 1000).toISOString()

export const started = (attempt: number, fromStep: number): RunEvent => ({
  type: 'started',
  at: at(fromStep),
  attempt,
  fromStep,
  pid: 1,
  engine: 'plain JavaScript',
  totalSteps: 10,
  epochs: 5,
  effectiveBatchSize: 2,
  parameters: 100,
})
export const metrics = (step: number, values: Extract<RunEvent, { type: 'metrics' }>['values']): RunEvent => ({
  type: 'metrics',
  at: at(step),
  step,
  values,
})

export const lines = (events: readonly RunEvent[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('')

/** A finished distillation with these events. */
export function exportedRun(events: readonly RunEvent[], { id = 'first', ...change }: Partial<Run> = {}): ExportedRun {
  const file = join(temporaryFolder(), 'events.jsonl')
  writeFileSync(file, lines(events))
  return {
    run: {
      id: `${id}.distill`,
      pipelineId: id,
      stage: 'distill',
      dataset: 'shapes',
      labels: null,
      preset: 'tiny',
      status: 'finished',
      isStopping: false,
      waitsFor: [],
      createdAt,
      startedAt: createdAt,
      endedAt: at(10),
      attempt: 1,
      step: 10,
      totalSteps: 10,
      epochs: 5,
      effectiveBatchSize: 2,
      engine: 'plain JavaScript',
      parameters: 100,
      clipsPerSecond: null,
      remainingMs: null,
      durationMs: 10_000,
      checkpointCount: 1,
      summaries: [{ name: 'train/loss', last: 'NaN', lastStep: 3, min: 0.25, max: 'Infinity', count: 3 }],
      result: null,
      error: null,
      organization: unorganized,
      ...change,
    },
    pipeline: {
      ...requestFor('shapes'),
      id,
      labels: null,
      createdAt,
      datasetDigest: '0',
      runIds: [`${id}.distill`],
      organization: unorganized,
    },
    events: file,
  }
}
