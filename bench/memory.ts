import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs, promisify } from 'node:util'
import { type BenchStepRequest, benchStepRequest, benchStepResult } from '#contract/bench.ts'
import { table } from '#main/cli/output.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import { randomDataset } from '#training/bench/random-videos.ts'
import { recordStage } from '#training/memory/estimate.ts'
import { type MemoryModel, memoryModel, stageMemoryOf, type StageSize } from '#training/memory/process-memory.ts'

/**
 * Compares the estimate of a stage's memory with what a process that does a few of its steps takes at most, and prints one table.
 * `--fit` prints the numbers of `memoryModel` that come nearest to what was measured. `--keep FILE` writes down what was measured, `--from FILE` takes it
 * from there, so that a model is tried without measuring anew.
 */
const { values } = parseArgs({
  options: { fit: { type: 'boolean', default: false }, keep: { type: 'string' }, from: { type: 'string' }, steps: { type: 'string', default: '2' }, only: { type: 'string' } },
})

const small = { depth: 4, width: 96, heads: 2 }
const wide = { width: 384, heads: 6 }
const image = { batch: 32, mask: 0.75 }
/** What is measured, as `bench step` has it where nothing is named. */
const shapes: Readonly<Record<string, Partial<BenchStepRequest> & Pick<BenchStepRequest, 'stage'>>> = {
  'image 192': { stage: 'image-teacher', ...image },
  'image 384': { stage: 'image-teacher', ...wide, ...image },
  'video 192': { stage: 'video-teacher' },
  'video 192, batch 16': { stage: 'video-teacher', batch: 16 },
  'distill 96': { stage: 'distill', ...small },
  'distill 192': { stage: 'distill' },
  'distill 192, batch 16': { stage: 'distill', batch: 16 },
  'distill 384, batch 8, recomputed': { stage: 'distill', ...wide, batch: 8, recompute: true },
  'finetune 192': { stage: 'finetune' },
  'finetune 192, recomputed': { stage: 'finetune', recompute: true },
  'finetune 192, batch 16, recomputed': { stage: 'finetune', batch: 16, recompute: true },
  'finetune 384': { stage: 'finetune', ...wide },
  'finetune 384, recomputed': { stage: 'finetune', ...wide, recompute: true },
}

interface Measured {
  readonly name: string
  readonly size: StageSize
  readonly stage: BenchStepRequest['stage']
  readonly measuredMib: number
  readonly recordedMs: number
}

async function measure(name: string, shape: (typeof shapes)[string]): Promise<Measured> {
  const request = benchStepRequest.parse({ ...shape, steps: Number(values.steps) })
  const configuration = benchConfiguration(request)
  const from = performance.now()
  const size = await recordStage({ stage: request.stage, configuration, manifest: randomDataset(configuration.clip, request.batch), labels: 'kind', models: {} })
  const recordedMs = performance.now() - from
  const words = Object.entries({ ...shape, steps: values.steps }).flatMap(([key, value]) => {
    const flag = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return value === true ? [flag] : [flag, String(value)]
  })
  const { stdout } = await promisify(execFile)(process.execPath, ['src/main/launch.mjs', 'cli', 'bench', 'step', ...words, '--engine', 'onnx-cpu', '--json'])
  return { name, stage: request.stage, size, measuredMib: benchStepResult.parse(JSON.parse(stdout)).peakMib, recordedMs }
}

const estimateMib = ({ stage, size }: Measured, model: MemoryModel): number => stageMemoryOf(stage, size, model).totalBytes / 2 ** 20

/** Numbers of the model that bring the mean squared relative error down, one after the other until none moves; of batches it is known. */
function fitted(all: readonly Measured[]): MemoryModel {
  const error = (model: MemoryModel): number => all.reduce((sum, one) => sum + (estimateMib(one, model) / one.measuredMib - 1) ** 2, 0)
  let model: MemoryModel = memoryModel
  for (let size = 0.2; size > 0.001; ) {
    const tries = (['processMib', 'nodeKib', 'liveFactor', 'stateCopies', 'frozenCopies'] as const).flatMap((key) => [1 + size, 1 - size].map((factor): MemoryModel => ({ ...model, [key]: model[key] * factor })))
    const best = tries.toSorted((a, b) => error(a) - error(b))[0] ?? model
    if (error(best) < error(model)) model = best
    else size /= 2
  }
  return model
}

const chosen = Object.entries(shapes).filter(([name]) => values.only === undefined || name.startsWith(values.only))
const all: Measured[] = values.from === undefined ? [] : (JSON.parse(readFileSync(values.from, 'utf8')) as Measured[])
if (values.from === undefined) for (const [name, shape] of chosen) all.push(await measure(name, shape))
if (values.keep !== undefined) writeFileSync(values.keep, JSON.stringify(all))

const model = values.fit ? fitted(all) : memoryModel
const rows = all.map((one) => {
  const estimate = estimateMib(one, model)
  return [one.name, estimate.toFixed(0), String(one.measuredMib), (estimate / one.measuredMib).toFixed(2), (one.recordedMs / 1000).toFixed(1)]
})
process.stdout.write(`${table(['Step', 'Estimate MiB', 'Measured MiB', 'Ratio', 'Estimated in s'], rows, [1, 2, 3, 4])}\n`)
if (values.fit) process.stdout.write(`Fitted: ${JSON.stringify(model)}\n`)
