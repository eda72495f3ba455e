import { parseArgs } from 'node:util'
import { benchStepRequest } from '#contract/domain/bench.ts'
import { engineName, precision } from '#contract/domain/engine.ts'
import { trainingStageNames } from '#contract/stages/index.ts'
import { compareEngines } from '#training/bench/agreement.ts'
import { createEngine } from '#training/selection/create-engine.ts'

/** Trains each stage in half precision and in float32, from the same weights on the same random clips, and prints the differences. */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnx-cpu' },
    precision: { type: 'string', default: 'float16' },
    stages: { type: 'string', default: trainingStageNames.join() },
    width: { type: 'string', default: '96' },
    depth: { type: 'string', default: '4' },
    heads: { type: 'string', default: '3' },
    'image-size': { type: 'string', default: '64' },
    frames: { type: 'string', default: '8' },
    batch: { type: 'string', default: '4' },
    steps: { type: 'string', default: '20' },
  },
})

const name = engineName.parse(values.engine)
const type = precision.parse(values.precision)
const [full, half] = [await createEngine(name), await createEngine(name, { precision: type, mayImitate: true })]
process.stdout.write(`${half.description}, compared with float32 on the same engine\n`)
const rows = [
  [
    'stage',
    'first loss',
    'last loss',
    type,
    'loss difference',
    'gradient cosine',
    'lowest cosine of a parameter',
    'gradient difference',
    'skipped',
  ],
]
for (const stage of values.stages.split(',')) {
  const request = benchStepRequest.parse({
    stage,
    width: Number(values.width),
    depth: Number(values.depth),
    heads: Number(values.heads),
    imageSize: Number(values['image-size']),
    frames: Number(values.frames),
    mask: 0.75,
    batch: Number(values.batch),
    steps: Number(values.steps),
  })
  const { losses, lossDifference, cosine, worst, gradientDifference, skippedSteps } = await compareEngines(
    request,
    full,
    half,
  )
  const [first, last] = [losses[0], losses.at(-1)]
  rows.push([
    stage,
    digits(first?.expected),
    digits(last?.expected),
    digits(last?.actual),
    lossDifference.toExponential(1),
    cosine.toFixed(7),
    `${worst.cosine.toFixed(5)} ${worst.parameter}`,
    gradientDifference.toExponential(1),
    String(skippedSteps),
  ])
}
process.stdout.write(rows.map((row) => `| ${row.join(' | ')} |\n`).join(''))
await full.dispose()
await half.dispose()

function digits(loss: number | undefined): string {
  return loss === undefined ? '' : loss.toPrecision(5)
}
