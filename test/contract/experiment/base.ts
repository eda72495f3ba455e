import { readFileSync } from 'node:fs'
import { preset } from '#contract/domain/pipeline.ts'
import { runStatuses } from '#contract/domain/run.ts'
import { experimentPipelines } from '#contract/experiment/plan.ts'
import type { ExperimentRun, FindRun } from '#contract/experiment/progress.ts'
import { type ExperimentRequest, experimentRequest } from '#contract/experiment/request.ts'

const { configuration: tiny } = preset.parse(JSON.parse(readFileSync('resources/presets/tiny.json', 'utf8')))

/** An experiment called `abl` over the preset `tiny`: students of both teachers and scratch on `motion`, two seeds, no grid. */
export const requestOf = (change: Partial<ExperimentRequest> = {}): ExperimentRequest =>
  experimentRequest.parse({
    name: 'abl',
    dataset: 'shapes',
    labels: ['motion'],
    preset: 'tiny',
    configuration: tiny,
    starts: ['both-student', 'scratch'],
    pretrainingSeeds: 2,
    probes: false,
    ...change,
  })

export const runOf = (change: Partial<ExperimentRun> = {}): ExperimentRun => ({
  status: 'finished',
  error: null,
  waitsFor: [],
  validation: { top1: 0.5, loss: 1 },
  ...change,
})

/** Runs by id. */
export const findIn =
  (runs: Readonly<Record<string, ExperimentRun>>): FindRun =>
  (id) =>
    runs[id]

export const namesOf = (request: ExperimentRequest): string[] => experimentPipelines(request).map(({ name }) => name)

export const diverged = runOf({
  status: runStatuses[4],
  error: { code: 'diverged', message: 'The loss is NaN.', hint: '' },
  validation: null,
})
