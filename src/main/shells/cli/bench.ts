import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Option, type Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import { type Field, fieldsOf } from '#contract/configuration/form.ts'
import {
  type BenchStepRequest,
  benchStepRequest,
  type BenchStepResult,
  optionsToSaveMemory,
} from '#contract/domain/bench.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { findInstallation } from '../../app/installation.ts'
import { explainCrash } from '../../executors/memory-exhaustion.ts'
import { taskRunner } from '../../executors/task.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'
import { describeRange } from './settings.ts'

const fields = fieldsOf(benchStepRequest)

export function addBenchVerbs(program: Command): void {
  const bench = program.command('bench').description('measure how fast this machine trains')
  const step = bench.command('step').description('measure time and memory of whole training steps on random clips')
  for (const option of fields.map(optionOf)) step.addOption(option)
  step.action(async (options: Readonly<Record<string, string | true>>, command: Command) => {
    const { isJson } = commonOf(command)
    show(isJson, await time(requestOf(options), isJson), benchText)
  })
  for (const name of ['screen', 'ingest', 'data', 'export', 'datasets', 'peers'] as const) addScript(bench, name)
}

const scripts = {
  datasets: 'measure how the studio opens and searches a dataset with 250,000 samples, and its memory',
  data: 'measure how fast clips get from the frame cache and from video files to training, the memory of a decoder process, and the window with large datasets',
  export: 'measure how long exports of a large run keep the studio from answering, and their memory',
  peers: 'compare times of the window with those of TensorBoard, which reads the exported runs',
  screen: 'measure how fast the window is with a thousand runs, in a headless Chromium',
  ingest:
    'measure how fast the studio reads the events of runs, how long readers wait meanwhile, and what an idle studio takes',
}

/** Benchmarks that need the tests' browser or a large workspace. They are scripts of the repository, not of an installation. */
function addScript(bench: Command, name: keyof typeof scripts): void {
  bench
    .command(name)
    .description(scripts[name])
    .allowUnknownOption()
    .argument('[options...]', `options of bench/${name}.ts`)
    .action(async (options: string[], _: unknown, command: Command) => {
      const script = join(findInstallation().root, 'bench', `${name}.ts`)
      if (!existsSync(script))
        throw new StudioError(
          'bad-request',
          `bench ${name} is a script of the repository, and ${script} does not exist.`,
          'Run it in a clone of the repository.',
        )
      const given = commonOf(command).isJson && !options.includes('--json') ? [...options, '--json'] : options
      const child = spawn(process.execPath, [script, ...given], { stdio: 'inherit' })
      const [code] = await once(child, 'exit')
      process.exitCode = typeof code === 'number' ? code : 1
    })
}

async function time(request: BenchStepRequest, isJson: boolean): Promise<BenchStepResult> {
  const display = openProgress(isJson)
  try {
    const run = taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })
    const title = stageTitles[request.stage]
    return await run('bench-step', request, {
      signal: interruptSignal(),
      onProgress: ({ done, total }) =>
        display.update([{ id: 'bench', title, done, total, detail: '', isMoving: done < total }]),
    })
  } catch (cause) {
    throw explainCrash(cause, optionsToSaveMemory(request))
  } finally {
    display.close()
  }
}

/** `--image-size` for the field `imageSize`. `requestOf` parses its values by the schema. */
function optionOf({ key, kind, help, options }: Field): Option {
  const flag = flagOf(key)
  if (kind === 'boolean') return new Option(flag, help)
  const isRequired = key === 'stage'
  const defaultValue = isRequired
    ? undefined
    : benchStepRequest.shape[key as keyof BenchStepRequest].safeParse(undefined).data
  const option = new Option(
    `${flag} <${options.length > 0 ? 'name' : 'number'}>`,
    `${help}${options.length > 0 ? ` One of ${options.join(', ')}.` : ''}${defaultValue === undefined ? '' : ` (default: ${defaultValue})`}`,
  )
  return option.makeOptionMandatory(isRequired)
}

/**
 * The request that the options describe.
 * @throws StudioError `configuration-invalid`, naming the option and what it takes.
 */
export function requestOf(options: Readonly<Record<string, string | true>>): BenchStepRequest {
  const given = fields.flatMap((field) => {
    const text = options[field.key]
    return text === undefined ? [] : [[field.key, text === true ? text : read(field, text)] as const]
  })
  const result = benchStepRequest.safeParse(Object.fromEntries(given))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const key = String(issue?.path[0] ?? '')
  const field = fields.find((field) => field.key === key)
  const hint = field === undefined ? '--help lists what each option takes.' : `It takes ${describeRange(field)}.`
  throw new StudioError(
    'configuration-invalid',
    describeIssues([{ message: issue?.message ?? '', path: [flagOf(key)] }]),
    hint,
  )
}

function read(field: Field, text: string): string | number {
  const { kind, key, options } = field
  const value = kind === 'integer' || kind === 'number' ? (text.trim() === '' ? Number.NaN : Number(text)) : text
  const isValid =
    typeof value === 'string'
      ? options.includes(value)
      : kind === 'integer'
        ? Number.isInteger(value)
        : Number.isFinite(value)
  if (isValid) return value
  throw new StudioError(
    'configuration-invalid',
    `${flagOf(key)}: "${text}" is not ${describeRange(field)}.`,
    field.help,
  )
}

const flagOf = (key: string): string => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** A row per measured quantity. */
export function benchText({
  stage,
  device,
  precision,
  steps,
  medianSeconds,
  minSeconds,
  setUpSeconds,
  peakMib,
  params,
  flops,
  gflops,
}: BenchStepResult): string {
  const rows = [
    ['Step, median', `${seconds(medianSeconds)} of ${steps}`],
    ['Step, fastest', seconds(minSeconds)],
    ['Set-up', seconds(setUpSeconds)],
    ['Peak memory', `${peakMib} MiB`],
    ['Parameters', params.toLocaleString('en')],
    ['Products', `${(flops / 1e9).toPrecision(3)} GFLOP a step, ${gflops.toPrecision(3)} GFLOP/s`],
    ['Engine', `${device}, ${precision}`],
  ]
  return table([stageTitles[stage], ''], rows)
}

const seconds = (value: number): string =>
  value < 1 ? `${(value * 1000).toPrecision(3)} ms` : `${value.toPrecision(3)} s`
