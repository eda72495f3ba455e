import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  cardPartNames,
  cardPartTitles,
  type MemoryEstimate,
  memoryPartNames,
  memoryPartTitles,
} from '#contract/domain/memory.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { describeTargetCost } from '#contract/domain/target-cost.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { findInstallation } from '../../app/installation.ts'
import { readPresets, requirePreset } from '../../pipelines/presets.ts'
import { type StudioClient, withStudio } from './client.ts'
import { type Common, commonOf, modelHelp } from './options.ts'
import { show, table } from './output.ts'
import { runToEnd } from './run-to-end.ts'
import { applySettings, describeRange, parseSetting, settingFields } from './settings.ts'
import { parseVaried, sweepSummary, sweepText } from './sweeps.ts'

interface RequestOptions {
  dataset: string
  preset: string
  labels?: string
  stages?: string
  imageTeacher?: string
  videoTeacher?: string
  startFrom?: string
  dryRun: boolean
  set: string[]
}

interface SweepOptions extends RequestOptions {
  vary: string[]
  seeds: number
  random?: number
  randomSeed: number
  share: boolean
}

export function addPipelineVerbs(program: Command): void {
  const pipeline = program.command('pipeline').description('chains of stages, from teachers to a tested classifier')

  requestOptions(pipeline.command('run'))
    .description('launch a pipeline and wait for its end; Ctrl-C saves and stops its runs')
    .option('--name <name>', 'name of the pipeline')
    .option('--dry-run', 'check the request and estimate the memory of each stage, without launching', false)
    .action(async (options: RequestOptions & { name?: string }, command: Command) => {
      const { name } = options
      await launch(
        commonOf(command),
        { ...requestOf(options), ...(name === undefined ? {} : { name }) },
        options.dryRun,
      )
    })

  requestOptions(pipeline.command('sweep'))
    .description(
      'launch a pipeline for each combination of values, with several seeds each, and wait for their end; Ctrl-C saves and stops the runs',
    )
    .argument('<name>', 'name of the sweep; the names of its pipelines begin with it')
    .option(
      '--vary <section.key=values>',
      'a list of values (distill.maskRatio=0.75,0.9), or with --random a range (distill.learningRate=1e-5..1e-3:log); may be repeated',
      collect,
      [],
    )
    .option('--seeds <count>', 'seeds of each combination, from general.seed on', wholeNumber, 1)
    .option('--random <count>', 'draw this many combinations at random instead of taking all', wholeNumber)
    .option('--random-seed <seed>', 'the same seed draws the same combinations', wholeNumber, 0)
    .option('--no-share', 'train every stage in every pipeline, even if several train it identically')
    .option('--dry-run', 'check and list the pipelines without launching them', false)
    .action(async (name: string, options: SweepOptions, command: Command) => {
      const { vary, seeds, random, randomSeed, share, dryRun } = options
      const common = commonOf(command)
      const sweep = {
        name,
        base: requestOf(options),
        axes: vary.map(parseVaried),
        random: random === undefined ? null : { count: random, seed: randomSeed },
        seeds,
        sharesStages: share,
      }
      if (dryRun) {
        const plan = await withStudio(common.workspace, (client) => client.pipelines.checkSweep(sweep))
        printWarnings(common, plan.warnings)
        show(common.isJson, plan, sweepText)
        return
      }
      const start = async (client: StudioClient) => {
        const plan = await client.pipelines.checkSweep(sweep)
        printWarnings(common, plan.warnings)
        if (!common.isJson) process.stderr.write(`${sweepSummary(plan)}\n`)
        const launched = await client.pipelines.sweep(sweep)
        return { pipeline: name, runIds: launched.flatMap(({ runIds }) => runIds) }
      }
      await runToEnd(common, start, ({ id }) => id)
    })

  pipeline
    .command('rerun')
    .description('launch the configuration of a pipeline again, exactly or with changes, and wait for its end')
    .argument('<id>', 'a run or a pipeline')
    .option('--name <name>', 'name of the new pipeline')
    .addOption(setOption())
    .option('--dry-run', 'check the request and estimate the memory of each stage, without launching', false)
    .action(
      async (
        id: string,
        { name, set, dryRun }: { name?: string; set: string[]; dryRun: boolean },
        command: Command,
      ) => {
        const common = commonOf(command)
        const { request, differences } = await withStudio(common.workspace, (client) =>
          client.pipelines.requestOf({ id }),
        )
        const configuration = applySettings(
          request.configuration,
          set,
          request.configuration.stages.join(','),
          request.configuration.inputs,
        )
        const overrides = Object.fromEntries(
          set.map((text) => parseSetting(text)).map(({ section, key, value }) => [`${section}.${key}`, value]),
        )
        printWarnings(common, differences)
        await launch(
          common,
          {
            ...request,
            configuration,
            ...(set.length === 0 ? {} : { overrides }),
            ...(name === undefined ? {} : { name }),
          },
          dryRun,
        )
      },
    )

  pipeline
    .command('cancel')
    .description(
      'remove the waiting runs of a pipeline from the queue and pause those that compute; "run resume ID" brings them back',
    )
    .argument('<id>', 'a pipeline')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const runs = await withStudio(workspace, (client) => client.pipelines.cancel({ id }))
      show(isJson, runs, () =>
        [
          ...runs.map(
            (run) =>
              `${run.id} ${run.status === 'running' ? 'is saving its state and will be paused' : 'left the queue'}.`,
          ),
          `Bring them back with: run resume ${id}`,
        ].join('\n'),
      )
    })

  pipeline
    .command('presets')
    .description('the presets that come with the studio')
    .action((_options: object, command: Command) => {
      const { isJson } = commonOf(command)
      show(isJson, presets(), (list) =>
        table(
          ['Preset', 'Title', 'Description'],
          list.map(({ name, title, description }) => [name, title, description]),
        ),
      )
    })

  pipeline
    .command('fields')
    .description('every field that --set can change, with its range and meaning')
    .option('--preset <name>', 'also show the values of a preset')
    .action(({ preset }: { preset?: string }, command: Command) => {
      const { isJson } = commonOf(command)
      const found = preset === undefined ? undefined : requirePreset(presets(), preset)
      const values: Record<string, Record<string, unknown>> | undefined =
        found === undefined ? undefined : { ...found.configuration, stages: {} }
      const fields = settingFields.map((field) => {
        const name = `${field.section}.${field.key}`
        const source = found?.sources[name]
        return {
          name,
          label: field.label,
          takes: describeRange(field),
          help: field.help,
          ...(values === undefined ? {} : { value: values[field.section]?.[field.key] }),
          ...(source === undefined ? {} : { source }),
        }
      })
      const head = ['Field', ...(values === undefined ? [] : ['Value']), 'Takes', 'Description']
      show(isJson, fields, () =>
        table(
          head,
          fields.map((field) => [
            field.name,
            ...('value' in field ? [String(field.value)] : []),
            field.takes,
            field.help,
          ]),
        ),
      )
    })
}

/** Options that describe a pipeline. */
const requestOptions = (command: Command): Command =>
  command
    .requiredOption('--dataset <name>', 'dataset to train on')
    .requiredOption('--preset <name>', 'preset to start from; "pipeline presets" lists them')
    .option('--labels <name>', 'label set for fine-tuning and test, if the dataset has several')
    .option('--stages <list>', 'stages to run, separated by commas; those of the preset by default')
    .option('--image-teacher <ref>', `distil from this model instead of training an image teacher: ${modelHelp}`)
    .option('--video-teacher <ref>', 'the same for the video teacher')
    .option('--start-from <ref>', 'fine-tune this model; with --stages evaluate, test it')
    .addOption(setOption())

const collect = (value: string, previous: string[]): string[] => [...previous, value]

export const setOption = (): Option =>
  new Option('--set <section.key=value>', 'change a field; may be repeated. "pipeline fields" lists all fields')
    .argParser(collect)
    .default([])

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It takes a whole number.')
  return Number(text)
}

function requestOf(options: RequestOptions): PipelineRequest {
  const preset = requirePreset(presets(), options.preset)
  const { dataset, labels, imageTeacher, videoTeacher, startFrom } = options
  const chosen = {
    ...(imageTeacher === undefined ? {} : { imageTeacher }),
    ...(videoTeacher === undefined ? {} : { videoTeacher }),
    ...(startFrom === undefined ? {} : { model: startFrom }),
  }
  return {
    dataset,
    preset: preset.name,
    configuration: applySettings(preset.configuration, options.set, options.stages, chosen),
    ...(labels === undefined ? {} : { labels }),
  }
}

/** Launches a pipeline and waits for its end, or with `isDryRun` only checks it. */
export async function launch(common: Common, request: PipelineRequest, isDryRun: boolean): Promise<void> {
  if (isDryRun) return dryRun(common, request)
  await runToEnd(common, async (client) => {
    await checkRequest(common, client, request)
    const launched = await client.pipelines.launch(request)
    return { pipeline: launched.id, runIds: launched.runIds }
  })
}

/** Prints the warnings of a launch, and the memory that its stages will take. */
async function dryRun(common: Common, request: PipelineRequest): Promise<void> {
  show(common.isJson, await withStudio(common.workspace, (client) => checkRequest(common, client, request)), memoryText)
}

/** Prints the warnings of a launch. Returns the estimated memory. */
async function checkRequest(common: Common, client: StudioClient, request: PipelineRequest): Promise<MemoryEstimate> {
  printWarnings(common, (await client.pipelines.check(request)).warnings)
  const estimate = await client.pipelines.memory(request)
  printWarnings(common, estimate.warnings)
  return estimate
}

export function printWarnings({ isJson }: Common, warnings: readonly string[]): void {
  if (!isJson) for (const warning of warnings) process.stderr.write(`Note: ${warning}\n`)
}

/** A row per stage, a column per kind of memory. */
export function memoryText({ stages, freeBytes, card }: MemoryEstimate): string {
  const rows = stages.map(({ stage, totalBytes, parts }) => [
    stageTitles[stage],
    ...[totalBytes, ...memoryPartNames.map((part) => parts[part])].map(mebibytes),
  ])
  const head = ['Memory in MiB', 'Total', ...memoryPartNames.map((part) => memoryPartTitles[part])]
  const onCard = stages.flatMap(({ stage, card }) => (card === undefined ? [] : [{ stage, ...card }]))
  const engine = onCard.length > 0 ? 'main memory of onnx-cuda' : 'the compiled engine on the CPU'
  const main = `${numberTable(head, rows)}\nEstimated for ${engine}; ${mebibytes(freeBytes)} MiB are free now.`
  const targets = stages.flatMap((stage) =>
    stage.targets === undefined ? [] : `\n${describeTargetCost(stage.targets)}`,
  )
  if (onCard.length === 0) return main + targets.join('')
  const cardRows = onCard.map(({ stage, totalBytes, parts }) => [
    stageTitles[stage],
    ...[totalBytes, ...cardPartNames.map((part) => parts[part])].map(mebibytes),
  ])
  const cardHead = ['Card memory in MiB', 'Total', ...cardPartNames.map((part) => cardPartTitles[part])]
  const free = card === null ? 'no card is known' : `${mebibytes(card.freeBytes)} MiB of ${card.name} are free now`
  return `${main}\n\n${numberTable(cardHead, cardRows)}\nEstimated for onnx-cuda in ${onCard[0]?.precision}; ${free}.${targets.join('')}`
}

/** A table whose columns after the first are numbers. */
const numberTable = (head: string[], rows: string[][]): string =>
  table(head, rows, head.map((_, column) => column).slice(1))

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

export const presets = () => readPresets(join(findInstallation().resources, 'presets'))
