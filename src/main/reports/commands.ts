import type { ChosenInputs } from '#contract/configuration/inputs.ts'
import { type PipelineConfiguration, sectionNames } from '#contract/configuration/pipeline.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import type { LaunchedPipeline, Preset } from '#contract/domain/pipeline.ts'
import { withChosenModels } from '#contract/stages/chain.ts'
import { commandLine } from '#node/command-line.ts'
import { type Block, heading, paragraph } from './document.ts'
import type { ReportedRun } from './reported-run.ts'

const inputOptions: Readonly<Record<InputRole, string>> = {
  imageTeacher: '--image-teacher',
  videoTeacher: '--video-teacher',
  model: '--start-from',
}

/** The commands that launch the pipelines of the runs again, in the same workspace. */
export function commands(runs: readonly ReportedRun[], presets: readonly Preset[]): Block[] {
  const pipelines = [...new Map(runs.map(({ pipeline }) => [pipeline.id, pipeline])).values()]
  const unknown = pipelines.filter(
    ({ preset, imported }) => imported === undefined && presets.every(({ name }) => name !== preset),
  )
  const lines = pipelines.flatMap((pipeline) => {
    const preset = presets.find(({ name }) => name === pipeline.preset)
    const { configuration } = pipeline
    return preset === undefined || configuration === null
      ? []
      : [commandLine(launchWords({ ...pipeline, configuration }, preset))]
  })
  return [
    heading('Run again'),
    paragraph(
      'Each command launches a pipeline with the same configuration, in a workspace with the same dataset and models.',
    ),
    ...(lines.length === 0 ? [] : [{ kind: 'code' as const, text: lines.join('\n\n') }]),
    ...pipelines
      .filter(({ imported }) => imported !== undefined)
      .map(({ id }) => paragraph(`The run of ${id} was computed by another program and imported.`)),
    ...unknown.map(({ id, preset }) =>
      paragraph(
        `The preset ${preset} of the pipeline ${id} does not come with this version; pipelines/${id}.json has its configuration.`,
      ),
    ),
  ]
}

/** The command that launches a pipeline with this configuration: the preset, and every value that differs from it. */
export function launchWords({ dataset, labels, configuration }: LaunchedPipeline, preset: Preset): string[] {
  const { stages, inputs } = configuration
  const start = withChosenModels({ ...preset.configuration, stages }, inputs)
  return [
    'npm',
    'run',
    '-s',
    'studio',
    '--',
    'pipeline',
    'run',
    '--dataset',
    dataset,
    ...(labels === null ? [] : ['--labels', labels]),
    '--preset',
    preset.name,
    '--stages',
    stages.join(),
    ...inputWords(inputs),
    ...changedValues(start, configuration).flatMap((setting) => ['--set', setting]),
  ]
}

/** The options that choose models. */
export const inputWords = (inputs: ChosenInputs): string[] =>
  Object.entries(inputOptions).flatMap(([role, option]) => {
    const reference = inputs[role as InputRole]
    return reference === undefined ? [] : [option, reference]
  })

/** `section.key=value` for each value that differs. */
export const changedValues = (from: PipelineConfiguration, to: PipelineConfiguration): string[] =>
  sectionNames.flatMap((section) => {
    const before: Readonly<Record<string, unknown>> = from[section]
    return Object.entries(to[section]).flatMap(([key, value]) =>
      before[key] === value ? [] : [`${section}.${key}=${String(value)}`],
    )
  })
