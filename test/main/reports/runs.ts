import { unorganized } from '#contract/domain/organization.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import type { ReportedRun } from '#main/reports/reported-run.ts'
import { requestFor } from '../support.ts'

/** Two tests with two settings of the fine-tuning, and a third with another seed. */
export const shapesRuns = (): ReportedRun[] => [tested(1, 0.1, 0, 0.75), tested(2, 0.1, 1, 0.8), tested(3, 0.2, 0, 0.5)]

function tested(number: number, dropPath: number, seed: number, top1: number): ReportedRun {
  const id = `shapes-${number}`
  const request = requestFor('shapes', (configuration) => {
    configuration.general.seed = seed
    configuration.finetune.dropPath = dropPath
  })
  const pipeline: Pipeline = {
    ...request,
    id,
    name: id,
    labels: 'motion',
    createdAt: '2026-01-01T00:00:00.000Z',
    datasetDigest: 'd'.repeat(64),
    runIds: [`${id}.evaluate`],
    organization: { ...unorganized, note: number === 1 ? 'The <first> try.' : '' },
  }
  const run: Run = {
    id: `${id}.evaluate`,
    pipelineId: id,
    stage: 'evaluate',
    dataset: 'shapes',
    labels: 'motion',
    preset: 'tiny',
    status: 'finished',
    isStopping: false,
    waitsFor: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    attempt: 1,
    step: 20,
    totalSteps: 20,
    epochs: 1,
    effectiveBatchSize: 2,
    engine: 'plain JavaScript',
    parameters: 100,
    clipsPerSecond: null,
    remainingMs: null,
    durationMs: 60_000,
    checkpointCount: 0,
    summaries: [],
    result: {
      task: 'classification',
      top1,
      top5: null,
      videos: 20,
      views: 20,
      classes: ['left', 'right'],
      confusion: [
        [10, 0],
        [20 - 20 * top1, 20 * top1 - 10],
      ],
    },
    error: null,
    organization: unorganized,
  }
  return { number: `R${number}`, run, pipeline, environment: { id: run.id, code: null, dataset: null, attempts: [] } }
}
