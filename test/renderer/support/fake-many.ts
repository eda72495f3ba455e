import { encodeMetric } from '#contract/domain/metric.ts'
import type { MetricName } from '#contract/domain/metric.ts'
import { noise, summarize, type Curve } from './fake-curves.ts'
import { fakePipeline, fakeRun, falls } from './fake-data.ts'
import type { FakeWorld } from './fake-world.ts'

export interface ManyRuns {
  /** Pipelines with one finished fine-tuning each. */
  pipelines: number
  /** Points of each curve; 0 for runs without curves. */
  points?: number
  /** Curves per run. */
  metrics?: number
  /** Start of the names of the pipelines. */
  prefix?: string
}

/** Names of curves that every fake run has. */
const names: MetricName[] = [
  'train/loss',
  'train/top1',
  'validation/loss',
  'validation/top1',
  'optimizer/learning-rate',
  'optimizer/gradient-norm',
  'speed/clips-per-second',
  'speed/data-wait',
  'system/memory',
  'system/peak-memory',
]

/** Adds finished runs to the fake studio, newest last, and returns their ids. */
export function addRuns(
  world: FakeWorld,
  { pipelines, points = 0, metrics = names.length, prefix = 'sweep' }: ManyRuns,
): string[] {
  return Array.from({ length: pipelines }, (_, index) => {
    const name = `${prefix}-${String(index).padStart(4, '0')}`
    const pipeline = fakePipeline(name, 'tiny', falls, 'folders', ['finetune'], 10_000 + index)
    pipeline.configuration.finetune = { ...pipeline.configuration.finetune, initialization: 'scratch' }
    const run = fakeRun(pipeline, 'finetune', { status: 'finished' })
    const curves = new Map<MetricName, Curve>(
      points === 0
        ? []
        : names.slice(0, metrics).map((metric, position) => [metric, curveOf(index * names.length + position, points)]),
    )
    run.summaries =
      points === 0
        ? [
            {
              name: 'validation/top1',
              last: encodeMetric(50 + noise(1, index)),
              lastStep: 10,
              min: 10,
              max: 60,
              count: 5,
            },
          ]
        : [...curves].map(([metric, curve]) => summarize(metric, curve))
    world.pipelines.set(pipeline.id, pipeline)
    world.runs.set(run.id, { run, seed: index, curves, log: [], media: [], checkpoints: [] })
    return run.id
  })
}

function curveOf(seed: number, points: number): Curve {
  const steps = Array.from({ length: points }, (_, step) => step)
  return { steps, values: steps.map((step) => Math.exp((-3 * step) / points) + 1 + 0.05 * noise(seed, step)) }
}
