import { join } from 'node:path'
import type { Command } from 'commander'
import {
  cardPartNames,
  cardPartTitles,
  type MemoryEstimate,
  memoryPartNames,
  memoryPartTitles,
} from '#contract/domain/memory.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { findInstallation } from '../../app/installation.ts'
import { readPresets, requirePreset } from '../../pipelines/presets.ts'
import { type StudioClient, withStudio } from './client.ts'
import { type Common, commonOf, modelHelp } from './options.ts'
import { show, table } from './output.ts'
import { runToEnd } from './run-to-end.ts'
import { applySettings, describeRange, settingFields } from './settings.ts'

interface RunOptions {
  dataset: string
  preset: string
  labels?: string
  name?: string
  stages?: string
  imageTeacher?: string
  videoTeacher?: string
  startFrom?: string
  dryRun: boolean
  set: string[]
}

export function addPipelineVerbs(program: Command): void {
  const pipeline = program.command('pipeline').description('chains of stages, from teachers to a tested classifier')

  pipeline
    .command('run')
    .description('launch a pipeline and wait for its end; Ctrl-C saves and stops its runs')
    .requiredOption('--dataset <name>', 'dataset to train on')
    .requiredOption('--preset <name>', 'preset to start from; "pipeline presets" lists them')
    .option('--labels <name>', 'label set for fine-tuning and test, if the dataset has several')
    .option('--name <name>', 'name of the pipeline')
    .option('--stages <list>', 'stages to run, separated by commas; those of the preset by default')
    .option('--image-teacher <ref>', `distil from this model instead of training an image teacher: ${modelHelp}`)
    .option('--video-teacher <ref>', 'the same for the video teacher')
    .option('--start-from <ref>', 'fine-tune this model; with --stages evaluate, test it')
    .option('--dry-run', 'check the request and estimate the memory of each stage, without launching', false)
    .option(
      '--set <section.key=value>',
      'change a field of the preset; may be repeated. "pipeline fields" lists all fields',
      (value: string, previous: string[]) => [...previous, value],
      [],
    )
    .action(async (options: RunOptions, command: Command) => {
      const preset = requirePreset(presets(), options.preset)
      const { dataset, labels, name, imageTeacher, videoTeacher, startFrom } = options
      const chosen = {
        ...(imageTeacher === undefined ? {} : { imageTeacher }),
        ...(videoTeacher === undefined ? {} : { videoTeacher }),
        ...(startFrom === undefined ? {} : { model: startFrom }),
      }
      const configuration = applySettings(preset.configuration, options.set, options.stages, chosen)
      const common = commonOf(command)
      const request = {
        dataset,
        preset: preset.name,
        configuration,
        ...(labels === undefined ? {} : { labels }),
        ...(name === undefined ? {} : { name }),
      }
      if (options.dryRun) {
        await dryRun(common, request)
        return
      }
      await runToEnd(common, async (client) => {
        await checkRequest(common, client, request)
        const launched = await client.pipelines.launch(request)
        return { pipeline: launched.id, runIds: launched.runIds }
      })
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

function printWarnings({ isJson }: Common, warnings: readonly string[]): void {
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
  if (onCard.length === 0) return main
  const cardRows = onCard.map(({ stage, totalBytes, parts }) => [
    stageTitles[stage],
    ...[totalBytes, ...cardPartNames.map((part) => parts[part])].map(mebibytes),
  ])
  const cardHead = ['Card memory in MiB', 'Total', ...cardPartNames.map((part) => cardPartTitles[part])]
  const free = card === null ? 'no card is known' : `${mebibytes(card.freeBytes)} MiB of ${card.name} are free now`
  return `${main}\n\n${numberTable(cardHead, cardRows)}\nEstimated for onnx-cuda in ${onCard[0]?.precision}; ${free}.`
}

/** A table whose columns after the first are numbers. */
const numberTable = (head: string[], rows: string[][]): string =>
  table(head, rows, head.map((_, column) => column).slice(1))

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

const presets = () => readPresets(join(findInstallation().resources, 'presets'))
