import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { z } from 'zod'
import { benchStepResult } from '#contract/domain/bench.ts'
import { table } from '#main/shells/cli/output.ts'

/**
 * Times training steps of the studio and, given a Python with PyTorch, of the same steps in PyTorch, in alternating processes, and prints a
 * table. Options after `--` are added on both sides: `-- --width 96 --image-size 64`.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    yardstick: { type: 'string', default: 'bench/torch_mvd.py' },
    engine: { type: 'string', default: 'auto' },
    workers: { type: 'string', default: '0' },
    shapes: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '5' },
  },
})

/** The timed steps, as options of both sides. Other options have the defaults of `bench step`. */
const shapes: Readonly<Record<string, readonly string[]>> = {
  distill: ['--stage', 'distill', '--width', '192', '--heads', '3', '--batch', '4'],
  'distill-384': ['--stage', 'distill', '--width', '384', '--heads', '6', '--batch', '2'],
  'video-teacher': ['--stage', 'video-teacher', '--width', '192', '--heads', '3', '--batch', '4'],
  'image-teacher': ['--stage', 'image-teacher', '--width', '192', '--heads', '3', '--batch', '32', '--mask', '0.75'],
  finetune: ['--stage', 'finetune', '--width', '192', '--heads', '3', '--batch', '4'],
}

const yardstickResult = z.object({ median_s: z.number(), min_s: z.number(), peak_mib: z.number(), engine: z.string() })

interface Figures {
  readonly medianSeconds: number
  readonly minSeconds: number
  readonly peakMib: number
  /** Engine and device. */
  readonly by: string
}

/** The JSON document that a program prints. Exits with the program's error if it fails. */
async function documentOf(program: string, options: readonly string[]): Promise<unknown> {
  try {
    return JSON.parse((await promisify(execFile)(program, options)).stdout)
  } catch (cause) {
    const message = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    return fail(message === '' ? String(cause) : message)
  }
}

async function timeStudio(options: readonly string[]): Promise<Figures & { readonly gflops: number }> {
  const { device, ...figures } = benchStepResult.parse(
    await documentOf(process.execPath, [
      'src/main/shells/launch.mjs',
      'cli',
      'bench',
      'step',
      ...options,
      '--engine',
      values.engine,
      '--workers',
      values.workers,
      '--json',
    ]),
  )
  return { ...figures, by: device }
}

async function timePyTorch(python: string, options: readonly string[]): Promise<Figures> {
  const { median_s, min_s, peak_mib, engine } = yardstickResult.parse(
    await documentOf(python, [values.yardstick, ...options, '--threads', String(availableParallelism())]),
  )
  return { medianSeconds: median_s, minSeconds: min_s, peakMib: peak_mib, by: engine }
}

/** Over all rounds: the median of the medians, the fastest step, the peak memory. */
function summary(rounds: readonly Figures[]): Figures {
  const medians = rounds.map(({ medianSeconds }) => medianSeconds).toSorted((a, b) => a - b)
  return {
    medianSeconds: medians[medians.length >> 1] ?? Number.NaN,
    minSeconds: Math.min(...rounds.map(({ minSeconds }) => minSeconds)),
    peakMib: Math.max(...rounds.map(({ peakMib }) => peakMib)),
    by: rounds[0]?.by ?? '',
  }
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const { python } = values
const chosen = values.shapes?.split(',') ?? Object.keys(shapes)
for (const name of chosen)
  if (shapes[name] === undefined)
    fail(`--shapes: unknown shape "${name}". Choose from ${Object.keys(shapes).join(', ')}.`)
if (!(Number(values.rounds) >= 1)) fail(`--rounds: "${values.rounds}" is not a whole number of at least 1.`)
if (python !== undefined && !existsSync(values.yardstick))
  fail(`--yardstick: ${resolve(values.yardstick)} does not exist. Give the file of the PyTorch step.`)

const ms = (seconds: number): string => (seconds * 1000).toFixed(1)
const rows: string[][] = []
const computedBy = new Set<string>()
for (const name of chosen) {
  const options = [...(shapes[name] ?? []), '--steps', values.steps, ...positionals]
  const studio: (Figures & { readonly gflops: number })[] = []
  const pytorch: Figures[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    studio.push(await timeStudio(options))
    if (python !== undefined) pytorch.push(await timePyTorch(python, options))
  }
  const ours = summary(studio)
  const theirs = summary(pytorch)
  for (const { by } of python === undefined ? [ours] : [ours, theirs]) computedBy.add(by)
  const gflops = Math.max(...studio.map(({ gflops }) => gflops)).toFixed(0)
  const compared = [
    ms(theirs.medianSeconds),
    ms(theirs.minSeconds),
    String(theirs.peakMib),
    (theirs.medianSeconds / ours.medianSeconds).toFixed(2),
    (theirs.minSeconds / ours.minSeconds).toFixed(2),
    (ours.peakMib / theirs.peakMib).toFixed(2),
  ]
  rows.push([
    name,
    ms(ours.medianSeconds),
    ms(ours.minSeconds),
    String(ours.peakMib),
    gflops,
    ...(python === undefined ? [] : compared),
  ])
}
const head = [
  'Step',
  'Median ms',
  'Min ms',
  'Peak MiB',
  'GFLOP/s',
  ...(python === undefined ? [] : ['PyTorch median', 'Min', 'MiB', 'Speed by median', 'By min', 'Memory']),
]
process.stdout.write(`${table(head, rows, head.map((_, column) => column).slice(1))}\n`)
process.stdout.write(
  `${[...computedBy].join(' compared with ')}; rounds: ${values.rounds}, steps: ${values.steps}.${python === undefined ? '' : ' Speed above 1: the studio is faster. Memory below 1: it uses less.'}\n`,
)
