import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs, promisify } from 'node:util'
import { type BenchStepRequest, benchStepRequest, benchStepResult } from '#contract/domain/bench.ts'
import { table } from '#main/shells/cli/output.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import { randomDataset } from '#training/bench/random-videos.ts'
import { recordStage } from '#training/planning/estimate.ts'
import { type MemoryModel, memoryModel, stageMemoryOf, type StageSize } from '#training/planning/process-memory.ts'

/**
 * Compares the memory estimate of stages with the peak memory of processes that run a few of their steps, and prints a table.
 * `--fit` fits the numbers of `memoryModel` to some of the steps and prints them; the other steps validate the fit.
 * `--keep FILE` saves the measurements, `--from FILE` reuses them, to try another model without measuring again.
 */
const { values } = parseArgs({
  options: {
    fit: { type: 'boolean', default: false },
    keep: { type: 'string' },
    from: { type: 'string' },
    steps: { type: 'string', default: '2' },
  },
})

type Shape = Partial<BenchStepRequest> & Pick<BenchStepRequest, 'stage' | 'workers'>
const small = { depth: 4, width: 96, heads: 2 }
const wide = { width: 384, heads: 6 }
const image = { stage: 'image-teacher', batch: 32, mask: 0.75 } as const
const recompute = true

/** Steps for the fit. Other options have the defaults of `bench step`. */
const fitted: readonly Shape[] = [
  { stage: 'distill', workers: 1, ...small },
  { stage: 'distill', workers: 1 },
  { stage: 'distill', workers: 2 },
  { ...image, workers: 1 },
  { ...image, workers: 2, ...wide },
  { stage: 'finetune', workers: 1, ...wide },
  { stage: 'finetune', workers: 2, batch: 16 },
]
/** Steps that validate the fit. */
const others: readonly Shape[] = [
  { stage: 'distill', workers: 2, ...small },
  { stage: 'distill', workers: 1, batch: 16 },
  { stage: 'distill', workers: 2, batch: 16 },
  { stage: 'distill', workers: 1, ...wide, batch: 2 },
  { stage: 'distill', workers: 1, ...wide, batch: 8, recompute },
  { stage: 'distill', workers: 2, ...wide, batch: 8, recompute },
  { ...image, workers: 2 },
  { ...image, workers: 1, ...wide },
  { stage: 'video-teacher', workers: 1 },
  { stage: 'video-teacher', workers: 2 },
  { stage: 'video-teacher', workers: 1, batch: 16 },
  { stage: 'finetune', workers: 2 },
  { stage: 'finetune', workers: 1, recompute },
  { stage: 'finetune', workers: 2, ...wide, recompute },
  { stage: 'finetune', workers: 4, batch: 8 },
]

interface Measured {
  readonly name: string
  readonly isFitted: boolean
  readonly workers: number
  readonly size: StageSize
  readonly stage: BenchStepRequest['stage']
  readonly measuredMib: number
  readonly recordedMs: number
}

const known: readonly Pick<Measured, 'name' | 'workers' | 'measuredMib'>[] =
  values.from === undefined ? [] : JSON.parse(readFileSync(values.from, 'utf8'))

async function measure(shape: Shape, isFitted: boolean): Promise<Measured> {
  const request = benchStepRequest.parse({ ...shape, steps: Number(values.steps) })
  const configuration = benchConfiguration(request)
  const from = performance.now()
  const size = await recordStage({
    stage: request.stage,
    configuration,
    manifest: randomDataset(configuration.clip, request.batch),
    labels: 'kind',
    models: {},
  })
  const recordedMs = performance.now() - from
  const options = Object.entries({ ...shape, steps: values.steps }).flatMap(([key, value]) => {
    const flag = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return value === true ? [flag] : [flag, String(value)]
  })
  const name = `${request.stage} ${request.width}, batch ${request.batch}${request.recompute ? ', recomputed' : ''}`
  const recorded = { name, isFitted, workers: shape.workers, stage: request.stage, size, recordedMs }
  const before = known.find((one) => one.name === name && one.workers === shape.workers)
  if (before !== undefined) return { ...recorded, measuredMib: before.measuredMib }
  const { stdout } = await promisify(execFile)(process.execPath, [
    'src/main/shells/launch.mjs',
    'cli',
    'bench',
    'step',
    ...options,
    '--engine',
    'onnx-cpu',
    '--json',
  ])
  return { ...recorded, measuredMib: benchStepResult.parse(JSON.parse(stdout)).peakMib }
}

const estimateMib = ({ stage, size }: Measured, model: MemoryModel): number =>
  stageMemoryOf(stage, size, { model }).totalBytes / 2 ** 20

/** Minimizes the squared relative error by coordinate descent. `frozenHeapFactor` is not fitted: training steps do not depend on it. */
function fit(all: readonly Measured[]): MemoryModel {
  const error = (model: MemoryModel): number =>
    all.reduce((sum, one) => sum + (estimateMib(one, model) / one.measuredMib - 1) ** 2, 0)
  const keys = ['processMib', 'workerMib', 'heapFactor'] as const
  let model: MemoryModel = memoryModel
  for (let size = 0.2; size > 0.001;) {
    const tries = keys.flatMap((key) =>
      [1 + size, 1 - size].map((factor): MemoryModel => ({ ...model, [key]: model[key] * factor })),
    )
    const best = tries.toSorted((a, b) => error(a) - error(b))[0] ?? model
    if (error(best) < error(model)) model = best
    else size /= 2
  }
  return model
}

const all: Measured[] = []
for (const shape of fitted) all.push(await measure(shape, true))
for (const shape of others) all.push(await measure(shape, false))
if (values.keep !== undefined)
  writeFileSync(
    values.keep,
    JSON.stringify(all.map(({ name, workers, measuredMib }) => ({ name, workers, measuredMib }))),
  )

const model = values.fit ? fit(all.filter(({ isFitted }) => isFitted)) : memoryModel
const rows = all.map((one) => {
  const estimate = estimateMib(one, model)
  return [
    one.name,
    String(one.workers),
    one.isFitted ? 'yes' : 'no',
    estimate.toFixed(0),
    String(one.measuredMib),
    (estimate / one.measuredMib).toFixed(2),
    (one.recordedMs / 1000).toFixed(1),
  ]
})
process.stdout.write(
  `${table(['Step', 'Workers', 'Fitted', 'Estimate MiB', 'Measured MiB', 'Ratio', 'Estimate s'], rows, [1, 3, 4, 5, 6])}\n`,
)
if (values.fit) process.stdout.write(`Fitted: ${JSON.stringify(model)}\n`)
