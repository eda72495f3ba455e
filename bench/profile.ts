import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { benchStepRequest } from '#contract/domain/bench.ts'
import { table } from '#main/shells/cli/output.ts'
import { timeSteps } from '#training/bench/steps.ts'
import { compiledEngine } from '#training/engine/compiled-engine.ts'
import { openProvider } from '#training/engine/run/onnx/providers.ts'

/**
 * Profiles a training step: the time of each program's operators from ONNX Runtime's profiler, and the time of the whole step. On one thread
 * by default, so that no operator waits.
 */
const { values } = parseArgs({
  options: {
    stage: { type: 'string', default: 'distill' },
    width: { type: 'string', default: '192' },
    depth: { type: 'string', default: '12' },
    heads: { type: 'string', default: '3' },
    'decoder-width': { type: 'string' },
    'decoder-depth': { type: 'string', default: '2' },
    'image-size': { type: 'string', default: '112' },
    frames: { type: 'string', default: '16' },
    patch: { type: 'string', default: '16' },
    batch: { type: 'string', default: '4' },
    mask: { type: 'string', default: '0.9' },
    steps: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    operators: { type: 'string', default: '12' },
  },
})

const profile = z.array(
  z.looseObject({
    cat: z.string(),
    name: z.string(),
    dur: z.number().default(0),
    args: z.looseObject({ op_name: z.string().optional() }).default({}),
  }),
)

interface OperatorTime {
  readonly operator: string
  readonly milliseconds: number
  readonly count: number
}

/** Time of each operator in one run of a program, longest first. */
function operatorTimes(file: string): OperatorTime[] {
  const events = profile.parse(JSON.parse(readFileSync(file, 'utf8')))
  const runs = events.filter(({ name }) => name === 'model_run').length
  const kernels = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
  const byOperator = Object.groupBy(kernels, ({ args }) => args.op_name ?? '')
  return Object.entries(byOperator)
    .map(([operator, all = []]) => ({
      operator,
      milliseconds: all.reduce((sum, { dur }) => sum + dur, 0) / 1000 / runs,
      count: all.length / runs,
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
}

const request = benchStepRequest.parse({
  stage: values.stage,
  width: Number(values.width),
  depth: Number(values.depth),
  heads: Number(values.heads),
  decoderWidth: values['decoder-width'] === undefined ? undefined : Number(values['decoder-width']),
  decoderDepth: Number(values['decoder-depth']),
  imageSize: Number(values['image-size']),
  frames: Number(values.frames),
  patch: Number(values.patch),
  batch: Number(values.batch),
  mask: Number(values.mask),
  steps: Number(values.steps),
})
const folder = mkdtempSync(join(tmpdir(), 'mvd-studio-profile-'))
try {
  const provider = await openProvider('onnx-cpu', { threads: Number(values.threads) })
  const profiled = { ...provider, sessionOptions: { ...provider.sessionOptions, profile: join(folder, 'program') } }
  const { seconds } = await timeSteps(request, compiledEngine('onnx-cpu', profiled))
  const files = readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))
  const programs = files.map(operatorTimes).filter((times) => times.length > 0)
  const rows = programs.flatMap((times, index) => {
    const sum = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
    const row = (name: string, milliseconds: number, count: number) => [
      `${index + 1}`,
      name,
      milliseconds.toFixed(1),
      `${((100 * milliseconds) / sum).toFixed(1)} %`,
      count.toFixed(0),
    ]
    return [
      row(
        'all',
        sum,
        times.reduce((sum, { count }) => sum + count, 0),
      ),
      ...times
        .slice(0, Number(values.operators))
        .map(({ operator, milliseconds, count }) => row(operator, milliseconds, count)),
    ]
  })
  process.stdout.write(`${table(['Program', 'Operator', 'ms per step', 'Share', 'Nodes'], rows, [2, 3, 4])}\n`)
  process.stdout.write(
    `Programs are in the order of opening. Fastest step: ${(Math.min(...seconds) * 1000).toFixed(0)} ms with the profiler. The rest of its time is the update, the data, and overhead between operators.\n`,
  )
} finally {
  rmSync(folder, { recursive: true })
}
