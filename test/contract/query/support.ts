import { pipelineConfiguration, type PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { unorganized } from '#contract/domain/organization.ts'
import type { Run } from '#contract/domain/run.ts'
import tiny from '../../../resources/presets/tiny.json' with { type: 'json' }

/** The configuration of the smallest preset, with the seed 3. */
export const makeConfiguration = (): PipelineConfiguration =>
  pipelineConfiguration.parse({ ...tiny.configuration, general: { ...tiny.configuration.general, seed: 3 } })

/** A finished run of the pipeline shapes-1. */
export const makeRun = (changes: Partial<Run> = {}): Run => ({
  id: 'shapes-1.run',
  pipelineId: 'shapes-1',
  stage: 'image-teacher',
  dataset: 'shapes',
  labels: 'motion',
  preset: 'tiny',
  status: 'finished',
  isStopping: false,
  waitsFor: [],
  createdAt: '2026-11-20T10:00:00.000Z',
  startedAt: '2026-11-20T10:01:00.000Z',
  endedAt: '2026-11-20T11:00:00.000Z',
  attempt: 1,
  step: 10,
  totalSteps: 10,
  epochs: 2,
  effectiveBatchSize: 8,
  engine: 'ONNX Runtime 1.2, CPU',
  parameters: 1000,
  clipsPerSecond: 12,
  remainingMs: null,
  durationMs: 60_000,
  checkpointCount: 1,
  summaries: [],
  result: null,
  error: null,
  organization: unorganized,
  ...changes,
})
