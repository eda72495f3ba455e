import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { benchStepResult } from '#contract/domain/bench.ts'
import { describeCard } from '#contract/domain/card.ts'
import { engineVerdict } from '#contract/domain/engine.ts'
import { referenceResult } from '#contract/domain/reference.ts'
import { formatQuantity } from '#contract/format.ts'
import { findInstallation } from '#main/app/installation.ts'
import { pythonFolders } from '#main/engines/cuda.ts'
import { writeJson } from '#node/json-file.ts'
import { queryCards } from '#node/nvidia-smi.ts'
import { cudaFolder, cudaRecordName, readCudaInstallation } from '#node/onnx-cuda.ts'
import { type InnerCheck, innerChecks, runInner } from './card/inner.ts'
import { type Answer, run } from './card/programs.ts'
import { sizes, stepOptions, timedStages } from './card/sizes.ts'

/**
 * All checks of a graphics card in one go, for a card that is at hand for a few minutes: which engines work, recorded numbers, time and memory
 * of every stage in turns with PyTorch, half precision, resume. It prints line by line, goes on after a failure, and leaves out what no
 * longer fits its time. Without a card: `--engine onnx-cpu --sizes rehearsal`.
 */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnx-cuda' },
    precision: { type: 'string' },
    sizes: { type: 'string', default: 'B,S' },
    steps: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '8' },
    python: { type: 'string', default: 'python3' },
    /** Folder with `mvd-studio/onnx-cuda`, as `bench/pack-cuda.ts` packs it; by default the installation of this user. */
    data: { type: 'string' },
    /** Run one check in this process and print its lines: how the script calls itself. */
    inner: { type: 'string' },
  },
})

const started = performance.now()
const endsAt = started + Number(values.minutes) * 60_000
/** Time that a check needs at least. */
const shortestMs = 5000
const isSource = import.meta.filename.endsWith('.ts')
const { root } = findInstallation()
const isCard = values.engine === 'onnx-cuda' || values.engine === 'onnx-webgpu'
const precision = values.precision ?? (values.engine === 'onnx-cuda' ? 'bfloat16' : 'float32')
const isRehearsal = values.sizes === 'rehearsal'
const [referenceFolder, yardstick] = isSource
  ? [join(root, 'test', 'fixtures', 'reference'), join(root, 'bench', 'torch_mvd.py')]
  : [join(root, 'reference'), join(root, 'torch_mvd.py')]

const say = (line: string): void =>
  void process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}\n`)

let failures = 0

/** Runs a check. What it throws is printed, and the next check follows. */
async function check(title: string, limitS: number, body: (limitMs: number) => Promise<void>): Promise<void> {
  const limitMs = Math.min(limitS * 1000, endsAt - performance.now())
  if (limitMs < shortestMs) return say(`${title}: left out, the time is over`)
  try {
    await body(limitMs)
  } catch (cause) {
    failures++
    say(`${title}: FAILED: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

const cli = (options: readonly string[], limitMs: number, mayFail = false): Promise<Answer> =>
  run({
    mayFail,
    program: process.execPath,
    options: [
      ...(isSource
        ? [join(root, 'src', 'main', 'shells', 'launch.mjs'), 'cli']
        : [join(root, 'out', 'main', 'cli.js')]),
      ...options,
    ],
    limitMs,
  })

const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`
const mib = (bytes: number | null): string => (bytes === null ? '' : `, ${Math.round(bytes / 2 ** 20)} MiB on the card`)

async function machine(): Promise<void> {
  const { cards, problem } = await queryCards()
  if (problem !== null) say(`card: ${problem}`)
  for (const card of cards) say(`card ${card.index}: ${describeCard(card)}`)
  if (cards.length === 0 && problem === null) say('card: nvidia-smi lists none')
}

async function engines(limitMs: number): Promise<void> {
  const { stdout } = await cli(['engine', 'list', '--again', '--json'], limitMs)
  for (const engine of z.array(engineVerdict).parse(JSON.parse(stdout))) {
    const { name, isPresent, device, reason, detail, selfTest, secondsPerStep } = engine
    const state = isPresent ? `${device}; ${selfTest?.sentence ?? 'not tested'}` : `${reason} ${detail ?? ''}`
    say(`engine ${name}: ${state.trim()}${secondsPerStep === null ? '' : `; ${ms(secondsPerStep)} per step`}`)
  }
}

async function reference(limitMs: number): Promise<void> {
  if (!existsSync(referenceFolder)) throw new Error(`${referenceFolder} does not exist`)
  // It exits with 1 if a case differs, after it has printed all results.
  const { stdout } = await cli(['reference', referenceFolder, '--engine', values.engine, '--json'], limitMs, true)
  const { results } = z.object({ results: z.array(referenceResult) }).parse(JSON.parse(stdout))
  const passed = results.filter((result) => result.passed)
  say(`reference cases on ${values.engine}: ${passed.length} of ${results.length} passed`)
  for (const { name, problem, worst } of results.filter((result) => !result.passed)) {
    const differences = worst
      .filter((measure) => !measure.passed)
      .map(({ measure, tensor, error, tolerance }) => `${measure} ${tensor} by ${error} of ${tolerance}`)
    say(`  ${name}: ${problem ?? differences.join('; ')}`)
  }
}

const torchResult = z.object({ median_s: z.number(), min_s: z.number(), peak_mib: z.number(), engine: z.string() })

async function step(engine: string, chosen: string, options: readonly string[], limitMs: number): Promise<number> {
  const { stdout, cardMemoryBytes } = await cli(
    ['bench', 'step', ...options, '--engine', engine, '--precision', chosen, '--json'],
    limitMs,
  )
  const result = benchStepResult.parse(JSON.parse(stdout))
  say(
    `  studio, ${engine}, ${chosen}: median ${ms(result.medianSeconds)}, fastest ${ms(result.minSeconds)}, ${result.gflops.toFixed(0)} GFLOP/s, set-up ${result.setUpSeconds.toFixed(1)} s, ${result.peakMib} MiB of the process${mib(cardMemoryBytes)}`,
  )
  return result.medianSeconds
}

async function pytorch(options: readonly string[], limitMs: number): Promise<number> {
  const { stdout } = await run({
    program: values.python,
    options: [
      yardstick,
      ...options,
      ...(isCard ? ['--device', 'cuda', '--precision', precision === 'float32' ? 'fp32' : 'bf16', '--compile'] : []),
    ],
    limitMs,
  })
  const { median_s, min_s, peak_mib, engine } = torchResult.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
  say(
    `  ${engine}${isCard ? ', compiled' : ''}: median ${ms(median_s)}, fastest ${ms(min_s)}, ${peak_mib} MiB${isCard ? ' on the card' : ''}`,
  )
  return median_s
}

/** Times of one stage: the studio, PyTorch, the studio again. */
async function stageTimes(title: string, options: readonly string[]): Promise<void> {
  say(`${title}: ${options.join(' ')}`)
  const ours: number[] = []
  const theirs: number[] = []
  const ownStep = (limitMs: number) =>
    step(values.engine, precision, options, limitMs).then((seconds) => void ours.push(seconds))
  await check(`  ${title}, studio`, 90, ownStep)
  await check(`  ${title}, PyTorch`, 120, async (limitMs) => void theirs.push(await pytorch(options, limitMs)))
  await check(`  ${title}, studio again`, 90, ownStep)
  const [best, other] = [Math.min(...ours), Math.min(...theirs)]
  if (ours.length > 0 && theirs.length > 0) say(`  ratio to PyTorch: ${(other / best).toFixed(2)} (above 1: faster)`)
}

async function inner(name: InnerCheck, limitMs: number): Promise<void> {
  const { stdout } = await run({
    program: process.execPath,
    options: [
      import.meta.filename,
      '--inner',
      name,
      '--engine',
      values.engine,
      '--precision',
      precision,
      '--sizes',
      values.sizes,
    ],
    limitMs,
  })
  for (const line of stdout.trim().split('\n')) say(`${name}: ${line}`)
}

/** Makes the children use a packed installation, with NVIDIA's libraries of this machine's Python. */
function usePacked(data: string): void {
  process.env['XDG_DATA_HOME'] = resolve(data)
  const installation = readCudaInstallation()
  if (installation === undefined) throw new Error(`${cudaFolder()} does not exist`)
  const python = pythonFolders(values.python)
  writeJson(join(cudaFolder(), cudaRecordName), { ...installation, pythonFolders: python })
  say(`NVIDIA's libraries of ${values.python}: ${python.length === 0 ? 'none' : python.join(', ')}`)
}

const innerName = innerChecks.find((name) => name === values.inner)
if (innerName !== undefined) {
  for (const line of await runInner(innerName, values.engine, precision, isRehearsal)) process.stdout.write(`${line}\n`)
} else {
  say(`checks of ${values.engine}, ${precision}, at most ${values.minutes} minutes, ${new Date().toISOString()}`)
  const { data } = values
  if (data !== undefined) await check('packed libraries', 30, () => Promise.resolve(usePacked(data)))
  await check('card', 30, machine)
  await check('engines', 90, engines)
  await check('reference cases', 90, reference)
  await check('resume', 60, (limitMs) => inner('resume', limitMs))
  await check('agreement', 60, (limitMs) => inner('agreement', limitMs))
  for (const name of values.sizes.split(',')) {
    const size = sizes[name]
    if (size === undefined) say(`sizes: "${name}" is none of ${Object.keys(sizes).join(', ')}`)
    else
      for (const stage of timedStages)
        await stageTimes(`${name}, ${stage}`, stepOptions(stage, size, Number(values.steps)))
  }
  await check('onnx-webgpu', 60, async (limitMs) => {
    const size = sizes[isRehearsal ? 'rehearsal' : 'S']
    if (size !== undefined) await step('onnx-webgpu', 'float32', stepOptions('distill', size, 3), limitMs)
  })
  say(failures === 0 ? 'all checks ran' : `${formatQuantity(failures, 'check')} failed`)
  process.exitCode = failures === 0 ? 0 : 1
}
