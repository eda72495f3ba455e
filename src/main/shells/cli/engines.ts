import { basename, dirname } from 'node:path'
import { Argument, type Command, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { type Card, describeCard } from '#contract/domain/card.ts'
import { type EngineName, engineNames, type EngineVerdict } from '#contract/domain/engine.ts'
import { formatBytes, formatStepDuration } from '#contract/format.ts'
import { workspaceFiles } from '#contract/layout.ts'
import { queryCards } from '#node/nvidia-smi.ts'
import { processArguments } from '#node/processes.ts'
import { visibleCards } from '#node/visible-cards.ts'
import { findInstallation } from '../../app/installation.ts'
import { cudaRecipe, type CudaSource, cudaSources } from '../../engines/cuda.ts'
import { install, type Recipe } from '../../engines/install.ts'
import { builtTensorFlowRecipe, stockTensorFlowRecipe } from '../../engines/tensorflow.ts'
import { taskRunner } from '../../executors/task.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

const installables = ['cuda', 'tensorflow'] as const
type Installable = (typeof installables)[number]
const engines: Readonly<Record<Installable, EngineName>> = { cuda: 'onnx-cuda', tensorflow: 'tensorflow' }

export function addEngineVerbs(program: Command): void {
  const engine = program.command('engine').description('ways to execute tensor code on this machine')

  engine
    .command('list')
    .description('all engines: which are installed, which passes its self-test, which is the fastest')
    .option('--again', 'try all engines again, even if nothing on this machine has changed')
    .action(async ({ again = false }: { again?: boolean }, command: Command) => {
      const { isJson } = commonOf(command)
      const engines = await tryEngines(again, isJson)
      const { cards, problem } = isJson ? { cards: [], problem: null } : await queryCards()
      show(isJson, engines, (verdicts) => [enginesText(verdicts), ...cardsText(cards, problem)].join('\n'))
    })

  engine
    .command('install')
    .description('install the native library of an engine; if that fails, the former files are restored')
    .addArgument(
      new Argument(
        '<name>',
        'cuda: ONNX Runtime for NVIDIA cards (CUDA 13, cuDNN 9); tensorflow: the library of @tensorflow/tfjs-node-gpu',
      ).choices(installables),
    )
    .option(
      '--from <dir>',
      'build tensorflow against the TensorFlow of the Python in this folder instead of downloading one (needs a C++ compiler)',
      givenPath,
    )
    .addOption(
      new Option('--source <name>', 'where cuda comes from; nuget has CUDA 12').choices(cudaSources).default('npm'),
    )
    .option('--libraries <dir>', "a folder of NVIDIA's libraries for cuda, searched first", givenPath)
    .action(async (name: Installable, options: InstallChoices, command: Command) => {
      const { isJson } = commonOf(command)
      const recipe = recipeOf(name, options)
      const onProgress = (line: string) => void (isJson || process.stderr.write(`${line}\n`))
      const signal = interruptSignal()
      await install(recipe, {
        nodePath: process.execPath,
        signal,
        onProgress,
        verify: () => verify(engines[name], signal),
      })
      show(isJson, { installed: name }, () => `${recipe.title} was installed.`)
    })
}

interface InstallChoices {
  readonly from?: string
  readonly source: CudaSource
  readonly libraries?: string
}

function recipeOf(name: Installable, { from, source, libraries }: InstallChoices): Recipe {
  if (name === 'cuda') {
    if (from !== undefined)
      throw new StudioError('bad-request', '--from is for tensorflow only; cuda is always downloaded.', 'Omit --from.')
    return cudaRecipe(source, libraries)
  }
  if (libraries !== undefined || source !== 'npm')
    throw new StudioError('bad-request', '--libraries and --source are for cuda only.', 'Omit them.')
  return from === undefined ? stockTensorFlowRecipe() : builtTensorFlowRecipe(from)
}

/** @throws StudioError `engine-unavailable` if the installed engine does not open or fails its self-test. */
async function verify(name: EngineName, signal: AbortSignal): Promise<void> {
  const run = taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })
  const { engines } = await run('engines', { names: [name], again: true }, { signal })
  const report = engines.find((engine) => engine.name === name)
  if (report?.selfTest?.passed === true) return
  const why = report?.isPresent === true ? [report.selfTest?.sentence] : [report?.reason, report?.detail]
  throw new StudioError(
    'engine-unavailable',
    `The engine ${name} was installed but does not work on this machine: ${why.filter((part) => part !== undefined).join(' ')}`,
    'It was removed again; the other engines are unchanged.',
  )
}

async function tryEngines(again: boolean, isJson: boolean): Promise<EngineVerdict[]> {
  const display = openProgress(isJson)
  let done = 0
  try {
    const run = taskRunner({ nodePath: process.execPath, trainingEntry: findInstallation().trainingEntry })
    const { engines } = await run(
      'engines',
      { names: [...engineNames], again },
      {
        signal: interruptSignal(),
        onProgress: ({ trying }) =>
          display.update([
            {
              id: 'engines',
              title: 'Trying engines',
              done: done++,
              total: engineNames.length,
              detail: trying,
              isMoving: false,
            },
          ]),
      },
    )
    return engines
  } finally {
    display.close()
  }
}

/** A table of all engines, the choice of `auto`, and for each engine that does not work the reason and a remedy. */
export function enginesText(engines: readonly EngineVerdict[]): string {
  const rows = engines.map(({ name, isPresent, device, selfTest, secondsPerStep, isChosen }) => [
    isChosen ? `${name} *` : name,
    isPresent ? 'yes' : 'no',
    device,
    selfTest === null ? '' : selfTest.passed ? 'passed' : 'failed',
    secondsPerStep === null ? (selfTest?.passed === true ? 'too slow' : '') : formatStepDuration(secondsPerStep),
  ])
  const chosen = engines.find(({ isChosen }) => isChosen)
  const choice =
    chosen === undefined
      ? 'auto finds no engine that works on this machine.'
      : `* ${chosen.verdict} ${chosen.selfTest?.sentence ?? ''}`
  const cards = engines.flatMap(({ name, card }) =>
    card === undefined ? [] : [`${name.padEnd(nameWidth)} ${describeCard(card)}`],
  )
  const problems = engines.flatMap((engine) =>
    problemOf(engine).map((line, index) => `${(index === 0 ? engine.name : '').padEnd(nameWidth)} ${line}`),
  )
  const triedAt = engines
    .map((engine) => engine.triedAt)
    .toSorted()
    .at(-1)
  const note =
    triedAt === undefined
      ? []
      : [
          `Tried on ${triedAt.slice(0, 16).replace('T', ' at ')} UTC. A step is one of a small transformer. --again tries them again.`,
        ]
  return [
    table(['Engine', 'Present', 'Device', 'Self-test', 'Step'], rows, [4]),
    choice,
    ...(cards.length === 0 ? [] : ['', ...cards]),
    ...(problems.length === 0 ? [] : ['', ...problems]),
    '',
    ...note,
  ].join('\n')
}

const nameWidth = Math.max(...engineNames.map((name) => name.length))

/** Why an engine cannot be used, and the command that installs it. */
function problemOf({ isPresent, reason, selfTest, install }: EngineVerdict): string[] {
  if (isPresent && selfTest?.passed === true) return []
  const why = isPresent ? (selfTest?.sentence ?? reason) : reason
  return install === '' ? [why] : [why, install]
}

/** The NVIDIA cards with the memory in use and by whom; empty on a machine without them. */
export function cardsText(cards: readonly Card[], problem: string | null): string[] {
  const visible = visibleCards(cards, process.env['CUDA_VISIBLE_DEVICES'])
  const rows = cards.map((card) => [
    String(card.index),
    card.name,
    `${bytesText(card.usedMemoryBytes)} of ${bytesText(card.memoryBytes)}`,
    visible.cards.includes(card) || visible.areParts ? holdersText(card) : 'hidden by CUDA_VISIBLE_DEVICES',
  ])
  const problems = [problem, visible.problem].flatMap((text) => text ?? [])
  return [
    ...(rows.length === 0 ? [] : ['', table(['Card', 'Name', 'Memory in use', 'Processes'], rows, [])]),
    ...(problems.length === 0 ? [] : ['', ...problems]),
  ]
}

const bytesText = (bytes: number | null): string => (bytes === null ? 'unknown' : formatBytes(bytes))

const holdersText = ({ processes }: Card): string =>
  processes
    .map(({ pid, memoryBytes }) => {
      const run = runOfProcess(processArguments(pid) ?? [])
      return `${run ?? `process ${pid}`}${memoryBytes === null ? '' : ` (${formatBytes(memoryBytes)})`}`
    })
    .join(', ')

/** The id of the run that a process computes, from its arguments: `… run FOLDER`. */
function runOfProcess(words: readonly string[]): string | undefined {
  const at = words.indexOf('run')
  const folder = words[at + 1]
  return at < 0 || folder === undefined || basename(dirname(folder)) !== workspaceFiles.runs
    ? undefined
    : basename(folder)
}
