import { type Command, InvalidArgumentError } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { type ExperimentPlan, type ExperimentStageCost, type PhaseCost } from '#contract/experiment/cost.ts'
import { type ExperimentRequest, experimentRequest, phaseTitles } from '#contract/experiment/request.ts'
import { formatDuration, formatQuantity } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { type Start, startNames, startSchema, startTitles, tuningOf } from '#contract/stages/starts.ts'
import { requirePreset } from '../../pipelines/presets.ts'
import { type StudioClient, withStudio } from './client.ts'
import { demoDataset, requireBuiltIn } from './demo.ts'
import { followToEnd, freeName } from './follow-experiment.ts'
import { type Common, commonOf } from './options.ts'
import { show, table } from './output.ts'
import { presets, setOption, wholeNumber } from './pipelines.ts'
import { applySettings } from './settings.ts'

interface TeacherOptions {
  name?: string
  dataset: string
  labels?: string[]
  preset: string
  starts: Start[]
  seeds: number
  finetuningSeeds: number
  rates?: number[]
  decays: number[]
  probes: boolean
  imageTeacher?: string
  videoTeacher?: string
  set: string[]
  dryRun: boolean
  cost: boolean
}

/** Both questions that the built-in videos can answer, with few labels. */
const builtInLabels = ['appearance-16', 'motion-16']

/** Adds the verb that launches a teacher ablation. */
export function addTeachersVerb(experiment: Command): void {
  experiment
    .command('teachers')
    .description(
      'train teachers and students for several seeds, fine-tune from each with the best rate and decay on validation, test, and compare with training from scratch; Ctrl-C saves and stops the runs',
    )
    .requiredOption('--preset <name>', 'preset with the values of all stages; "pipeline presets" lists them')
    .option('--name <name>', 'the names of its pipelines begin with it; the first free one by default')
    .option('--dataset <name>', 'dataset to train on; the built-in one is made if it is missing', demoDataset)
    .option(
      '--labels <list>',
      `label sets, separated by commas; ${builtInLabels.join()} by default for the built-in dataset`,
      listOf,
    )
    .option('--starts <list>', `what classifiers start from: ${startNames.join(', ')}`, startsOf, [...startNames])
    .option('--seeds <count>', 'pre-training seeds, from general.seed on', wholeNumber, 3)
    .option('--finetuning-seeds <count>', 'fine-tuning seeds for each pre-training seed', wholeNumber, 1)
    .option(
      '--rates <list>',
      'learning rates of fine-tuning to choose from; half, once and twice that of the preset by default',
      numbersOf,
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
      if (options.cost || options.dryRun)
        return withStudio(common.workspace, async (client) => {
          const request = await requestOf(client, options, common)
          await (options.cost ? printCost(client, common, request) : printPlan(client, common, request))
        })
      await followToEnd(common, async (client) => {
        const request = await requestOf(client, options, common)
        const plan = await client.experiments.plan(request)
        printWarnings(common, plan.warnings)
        if (!common.isJson) process.stderr.write(`${sizeText(plan)}\n`)
        return await client.experiments.launch(request)
      })
    })
}

/** The request, with the defaults of what was left out. Makes the built-in dataset if it is asked for and missing. */
async function requestOf(
  client: StudioClient,
  options: TeacherOptions,
  { isJson }: Common,
): Promise<ExperimentRequest> {
  const preset = requirePreset(presets(), options.preset)
  const { imageTeacher, videoTeacher, dataset } = options
  const labels = options.labels ?? (dataset === demoDataset ? builtInLabels : undefined)
  if (labels === undefined)
    throw new StudioError(
      'bad-request',
      `--labels is missing: which label sets of ${dataset} to fine-tune on.`,
      '"dataset show" lists the label sets of a dataset.',
    )
  if (dataset === demoDataset) await requireBuiltIn(client, isJson)
  const chosen = {
    ...(imageTeacher === undefined ? {} : { imageTeacher }),
    ...(videoTeacher === undefined ? {} : { videoTeacher }),
  }
  const configuration = applySettings(preset.configuration, options.set, undefined, chosen)
  const { learningRate: rate } = tuningOf(configuration)
  const parsed = experimentRequest.safeParse({
    name: options.name ?? (await freeName(client, preset.name)),
    dataset,
    labels,
    preset: preset.name,
    configuration,
    starts: options.starts,
    pretrainingSeeds: options.seeds,
    finetuningSeeds: options.finetuningSeeds,
    // With one rate, the comparison favours the start that the rate was chosen for.
    learningRates: options.rates ?? [rate / 2, rate, rate * 2],
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

async function printPlan(client: StudioClient, common: Common, request: ExperimentRequest): Promise<void> {
  const plan = await client.experiments.plan(request)
  printWarnings(common, plan.warnings)
  show(common.isJson, plan, planText)
}

async function printCost(client: StudioClient, common: Common, request: ExperimentRequest): Promise<void> {
  for await (const event of await client.experiments.cost(request)) {
    if (event.type === 'done') {
      printWarnings(common, event.warnings)
      show(common.isJson, event, ({ stages, phases, durationMs }) => costText(stages, phases, durationMs))
    } else if (!common.isJson) process.stderr.write(`Measured ${costName(event.cost)}.\n`)
  }
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
