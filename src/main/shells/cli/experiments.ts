import { type Command, InvalidArgumentError } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { type ExperimentPlan, type ExperimentStageCost, type PhaseCost } from '#contract/experiment/cost.ts'
import type { ExperimentSummary } from '#contract/experiment/progress.ts'
import { type ExperimentRequest, experimentRequest, phaseTitles } from '#contract/experiment/request.ts'
import { formatDuration, formatQuantity } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { type Start, startNames, startSchema, startTitles } from '#contract/stages/starts.ts'
import { requirePreset } from '../../pipelines/presets.ts'
import { withStudio } from './client.ts'
import { addExperimentDemoVerb } from './experiment-demo.ts'
import { experimentText, followToEnd, summaryText } from './follow-experiment.ts'
import { type Common, commonOf } from './options.ts'
import { show, table } from './output.ts'
import { presets, setOption, wholeNumber } from './pipelines.ts'
import { reportFormatOf, reportPath, writtenText } from './run-reports.ts'
import { applySettings } from './settings.ts'

interface TeacherOptions {
  name: string
  dataset: string
  labels: string[]
  preset: string
  starts: Start[]
  seeds: number
  finetuningSeeds: number
  rates: number[]
  decays: number[]
  probes: boolean
  imageTeacher?: string
  videoTeacher?: string
  set: string[]
  dryRun: boolean
  cost: boolean
}

export function addExperimentVerbs(program: Command): void {
  const experiment = program
    .command('experiment')
    .description('whether pre-training pays, and which teacher: many pipelines as one comparison')

  experiment
    .command('teachers')
    .description(
      'train teachers and students for several seeds, fine-tune from each with the best rate and decay on validation, test, and compare with training from scratch; Ctrl-C saves and stops the runs',
    )
    .requiredOption('--name <name>', 'name of the experiment; the names of its pipelines begin with it')
    .requiredOption('--dataset <name>', 'dataset to train on')
    .requiredOption('--labels <list>', 'label sets, separated by commas', listOf)
    .requiredOption('--preset <name>', 'preset with the values of all stages; "pipeline presets" lists them')
    .option('--starts <list>', `what classifiers start from: ${startNames.join(', ')}`, startsOf, [...startNames])
    .option('--seeds <count>', 'pre-training seeds, from general.seed on', wholeNumber, 3)
    .option('--finetuning-seeds <count>', 'fine-tuning seeds for each pre-training seed', wholeNumber, 1)
    .option(
      '--rates <list>',
      'learning rates of fine-tuning to choose from; that of the preset by default',
      numbersOf,
      [],
    )
    .option(
      '--decays <list>',
      'layer decays of fine-tuning to choose from; that of the preset by default',
      numbersOf,
      [],
    )
    .option('--no-probes', 'do not probe the frozen features at the end')
    .option('--image-teacher <ref>', 'take this model instead of training image teachers')
    .option('--video-teacher <ref>', 'the same for the video teachers')
    .addOption(setOption())
    .option('--dry-run', 'check and count the runs of each phase without launching them', false)
    .option('--cost', 'measure three steps of every stage and print the time of each phase, without launching', false)
    .action(async (options: TeacherOptions, command: Command) => {
      const common = commonOf(command)
      const request = requestOf(options)
      if (options.cost) return printCost(common, request)
      if (options.dryRun) return printPlan(common, request)
      await followToEnd(common, async (client) => {
        const plan = await client.experiments.plan(request)
        printWarnings(common, plan.warnings)
        if (!common.isJson) process.stderr.write(`${sizeText(plan)}\n`)
        return await client.experiments.launch(request)
      })
    })

  experiment
    .command('list')
    .description('all experiments with their progress')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const experiments = await withStudio(workspace, (client) => client.experiments.list({}))
      show(isJson, experiments, listText)
    })

  experiment
    .command('show')
    .description('progress and outcome of an experiment')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const detail = await withStudio(workspace, (client) => client.experiments.get({ id }))
      show(isJson, detail, (shown) => experimentText(shown))
    })

  experiment
    .command('stop')
    .description('stop the runs of an experiment; nothing more is launched until it is resumed')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const stopped = await withStudio(workspace, (client) => client.experiments.stop({ id }))
      show(isJson, stopped, summaryText)
    })

  experiment
    .command('resume')
    .description('continue an experiment and wait for its end; runs that failed or were stopped are resumed')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      await followToEnd(commonOf(command), (client) => client.experiments.resume({ id }))
    })

  experiment
    .command('remove')
    .description('forget an experiment; its pipelines and runs stay')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      await withStudio(workspace, (client) => client.experiments.remove({ id }))
      show(isJson, { removed: id }, ({ removed }) => `Forgot the experiment ${removed}. Its runs are still listed.`)
    })

  experiment
    .command('report')
    .description('write a report on an experiment')
    .argument('<id>', 'an experiment')
    .requiredOption('--output <file>', 'file to write: .html or .md', reportPath)
    .option('--title <text>', 'title of the report')
    .option('--force', 'replace an earlier report', false)
    .action(
      async (
        id: string,
        { output, title, force }: { output: string; title?: string; force: boolean },
        command: Command,
      ) => {
        const { workspace, isJson } = commonOf(command)
        const format = reportFormatOf(output) ?? 'html'
        const written = await withStudio(workspace, (client) =>
          client.experiments.report({ id, format, to: output, force, ...(title === undefined ? {} : { title }) }),
        )
        show(isJson, written, writtenText)
      },
    )

  addExperimentDemoVerb(experiment)
}

function requestOf(options: TeacherOptions): ExperimentRequest {
  const preset = requirePreset(presets(), options.preset)
  const { imageTeacher, videoTeacher } = options
  const chosen = {
    ...(imageTeacher === undefined ? {} : { imageTeacher }),
    ...(videoTeacher === undefined ? {} : { videoTeacher }),
  }
  const parsed = experimentRequest.safeParse({
    name: options.name,
    dataset: options.dataset,
    labels: options.labels,
    preset: preset.name,
    configuration: applySettings(preset.configuration, options.set, undefined, chosen),
    starts: options.starts,
    pretrainingSeeds: options.seeds,
    finetuningSeeds: options.finetuningSeeds,
    learningRates: options.rates,
    layerDecays: options.decays,
    probes: options.probes,
  })
  if (parsed.success) return parsed.data
  throw new StudioError(
    'bad-request',
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' '),
    '"experiment teachers --help" describes the options.',
  )
}

async function printPlan(common: Common, request: ExperimentRequest): Promise<void> {
  const plan = await withStudio(common.workspace, (client) => client.experiments.plan(request))
  printWarnings(common, plan.warnings)
  show(common.isJson, plan, planText)
}

async function printCost(common: Common, request: ExperimentRequest): Promise<void> {
  await withStudio(common.workspace, async (client) => {
    for await (const event of await client.experiments.cost(request)) {
      if (event.type === 'done') {
        printWarnings(common, event.warnings)
        show(common.isJson, event, ({ stages, phases, durationMs }) => costText(stages, phases, durationMs))
      } else if (!common.isJson) process.stderr.write(`Measured ${costName(event.cost)}.\n`)
    }
  })
}

/** A row per phase with its runs. */
export const planText = (plan: ExperimentPlan): string =>
  [
    table(
      ['Phase', 'Pipelines', 'Runs'],
      plan.phases.map(({ phase, pipelines, runs }) => [phaseTitles[phase], pipelines === 0 ? '–' : pipelines, runs]),
      [1, 2],
    ),
    sizeText(plan),
  ].join('\n')

const sizeText = ({ runCount, seeds, gridPoints }: ExperimentPlan): string =>
  `${formatQuantity(runCount, 'run')} for the ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}; ${gridPoints === 1 ? 'no grid' : `a grid of ${gridPoints} points for each start and label set`}.`

const costName = ({ stage, labels, start }: ExperimentStageCost): string =>
  [stageTitles[stage], ...(start === null ? [] : [start]), ...(labels === null ? [] : [labels])].join(', ')

function costText(stages: readonly ExperimentStageCost[], phases: readonly PhaseCost[], durationMs: number): string {
  return [
    table(
      ['One run', 'Steps', 'Time'],
      stages.map((cost) => [costName(cost), cost.steps, formatDuration(cost.durationMs)]),
      [1, 2],
    ),
    table(
      ['Phase', 'Runs', 'Time'],
      phases.map((phase) => [phaseTitles[phase.phase], phase.runs, formatDuration(phase.durationMs)]),
      [1, 2],
    ),
    `${formatDuration(durationMs)} if one run computes after another. Starting a run, validation and probes are not measured.`,
  ].join('\n')
}

const listText = (experiments: readonly ExperimentSummary[]): string =>
  experiments.length === 0
    ? 'No experiment was launched.'
    : table(
        ['Experiment', 'Dataset', 'Label sets', 'Starts', 'Seeds', 'Status', 'Runs', 'Time'],
        experiments.map(({ id, request, status, phases, durationMs }) => [
          id,
          request.dataset,
          request.labels.join(', '),
          request.starts.join(', '),
          request.pretrainingSeeds,
          status,
          `${sum(phases.map(({ finished }) => finished))} of ${sum(phases.map(({ total }) => total))}`,
          formatDuration(durationMs),
        ]),
        [4, 7],
      )

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

function printWarnings({ isJson }: Common, warnings: readonly string[]): void {
  if (!isJson) for (const warning of warnings) process.stderr.write(`Note: ${warning}\n`)
}

const listOf = (text: string): string[] => text.split(',').map((item) => item.trim())

function numbersOf(text: string): number[] {
  return listOf(text).map((item) => {
    const value = item === '' ? Number.NaN : Number(item)
    if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError(`"${item}" is not a number above 0.`)
    return value
  })
}

function startsOf(text: string): Start[] {
  return listOf(text).map((item) => {
    const start = startSchema.safeParse(item)
    if (!start.success)
      throw new InvalidArgumentError(
        `"${item}" is none of ${startNames.map((name) => `${name} (${startTitles[name].toLowerCase()})`).join(', ')}.`,
      )
    return start.data
  })
}
