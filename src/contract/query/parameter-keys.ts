import { type Field, fieldsOf } from '../configuration/form.ts'
import {
  configurationSections,
  type ConfigurationSection,
  type PipelineConfiguration,
  sectionNames,
  sectionTitles,
} from '../configuration/pipeline.ts'
import type { Pipeline } from '../domain/pipeline.ts'
import type { Run } from '../domain/run.ts'
import { lineageOf } from '../stages/chain.ts'
import { type Stage, stageNames } from '../stages/index.ts'
import { flagValues, type KeyValue, offeredValues } from './key.ts'
import { dotted } from './metric-keys.ts'
import type { RunKey } from './run-key.ts'

/** A pipeline, as far as the keys of its runs depend on it. */
export type PipelineFacts = Pick<Pipeline, 'id' | 'configuration'> &
  Partial<Pick<Pipeline, 'organization' | 'group' | 'fromRun' | 'overrides' | 'imported'>>

/** A hyperparameter: a field of a section of the configuration. */
export interface ParameterSource {
  readonly section: ConfigurationSection
  readonly field: string
}

/** Keys of the hyperparameters that some runs depend on, in the order of the configuration. */
export function parameterKeys(
  runs: readonly Pick<Run, 'pipelineId' | 'stage'>[],
  pipelines: readonly PipelineFacts[],
): RunKey[] {
  const configurationOf = new Map(pipelines.map(({ id, configuration }) => [id, configuration]))
  /** The configurations whose runs depend on a section. */
  const users = new Map<ConfigurationSection, Set<PipelineConfiguration>>()
  for (const { pipelineId, stage } of runs) {
    const configuration = configurationOf.get(pipelineId)
    if (configuration === undefined || configuration === null) continue
    for (const section of sectionsOfRun(stage, configuration)) {
      const known = users.get(section)
      if (known === undefined) users.set(section, new Set([configuration]))
      else known.add(configuration)
    }
  }
  return sectionNames.flatMap((section) => keysOfSection(section, [...(users.get(section) ?? [])]))
}

/**
 * The key of a hyperparameter of another program: that of the studio if it has the same name, as in a run that the studio itself
 * exported, else its name after `imported.`.
 */
export const importedKey = (name: string): string =>
  parameterSource(name) === undefined ? `${importedPrefix}${dotted(name)}` : name
export const importedPrefix = 'imported.'

/** Hyperparameters of an imported run, by key. */
export const importedParameters = ({ imported }: PipelineFacts): [key: string, value: number | string][] =>
  Object.entries(imported?.parameters ?? {}).map(([name, value]) => {
    const key = importedKey(name)
    return [key, fieldOf(key)?.kind === 'boolean' ? flagOf(value) : value]
  })

/** A truth value that another program stores as a text; flags are 1 or 0. */
function flagOf(value: number | string): number | string {
  const text = String(value).toLowerCase()
  return text === 'true' ? 1 : text === 'false' ? 0 : value
}

function fieldOf(key: string): Field | undefined {
  const source = parameterSource(key)
  return source === undefined ? undefined : fields(source.section).get(source.field)
}

/** Value of a hyperparameter of an imported run; null if it has none. */
export const importedValue = (key: string, pipeline: PipelineFacts | undefined): KeyValue =>
  pipeline === undefined ? null : (importedParameters(pipeline).find(([of]) => of === key)?.[1] ?? null)

/** Keys of hyperparameters of other programs. A key is a number if all of its values are. */
export function importedKeys(parameters: readonly (readonly [key: string, value: number | string])[]): RunKey[] {
  const byKey = Map.groupBy(parameters, ([key]) => key)
  return Array.from(byKey, ([key, entries]) => {
    const values = entries.map(([, value]) => value)
    const [source, field] = [parameterSource(key), fieldOf(key)]
    if (source !== undefined && field !== undefined) return parameterKey(source.section, field, values)
    return {
      key,
      label: key.slice(importedPrefix.length),
      kind: values.every((value) => typeof value === 'number') ? ('number' as const) : ('text' as const),
      unit: '',
      help: 'Hyperparameter of imported runs, with the name that the other program gave it.',
      group: 'Imported hyperparameters',
      source: 'parameter' as const,
      goal: 'none' as const,
      values: offeredValues(values),
    }
  }).toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** Keys of all hyperparameters, whether a run depends on them or not. */
export const allParameterKeys = (): RunKey[] =>
  sectionNames.flatMap((section) => [...fields(section).values()].map((field) => parameterKey(section, field, [])))

const keysOfSection = (section: ConfigurationSection, configurations: readonly PipelineConfiguration[]): RunKey[] =>
  configurations.length === 0
    ? []
    : [...fields(section).values()].map((field) =>
        parameterKey(
          section,
          field,
          configurations.map((configuration) => parameterValue(configuration, section, field.key)),
        ),
      )

const parameterKey = (
  section: ConfigurationSection,
  { key, kind, label, unit, help, options }: Field,
  values: readonly KeyValue[],
): RunKey => ({
  key: `${section}.${key}`,
  label,
  kind: kind === 'boolean' ? 'flag' : kind === 'integer' || kind === 'number' ? 'number' : 'text',
  unit,
  help,
  group: sectionTitles[section],
  source: 'parameter',
  section,
  goal: 'none',
  values: kind === 'boolean' ? flagValues : options.length > 0 ? options : offeredValues(values),
  ...(options.length > 0 ? { isComplete: true } : {}),
})

/** Reads a key as a hyperparameter, `<section>.<parameter>`; undefined if it is none. */
export function parameterSource(key: string): ParameterSource | undefined {
  const section = sectionNames.find((name) => key.startsWith(`${name}.`))
  const field = section === undefined ? '' : key.slice(section.length + 1)
  return section !== undefined && fields(section).has(field) ? { section, field } : undefined
}

/** Value of a hyperparameter for a run; null if the run does not depend on it, or its pipeline is unknown. */
export function parameterOfRun(
  { stage }: Pick<Run, 'stage'>,
  pipeline: PipelineFacts | undefined,
  { section, field }: ParameterSource,
): KeyValue {
  const configuration = pipeline?.configuration ?? undefined
  if (configuration === undefined) return importedValue(`${section}.${field}`, pipeline)
  return sectionsOfRun(stage, configuration).has(section) ? parameterValue(configuration, section, field) : null
}

const sectionFields = new Map<ConfigurationSection, ReadonlyMap<string, Field>>()

function fields(section: ConfigurationSection): ReadonlyMap<string, Field> {
  const known = sectionFields.get(section)
  if (known !== undefined) return known
  const found = new Map(fieldsOf(configurationSections[section]).map((field) => [field.key, field]))
  sectionFields.set(section, found)
  return found
}

const dependencies = new WeakMap<PipelineConfiguration, Map<Stage, ReadonlySet<ConfigurationSection>>>()

/** Sections of a pipeline's configuration that the runs of a stage depend on. */
function sectionsOfRun(stage: Stage, configuration: PipelineConfiguration): ReadonlySet<ConfigurationSection> {
  const byStage = dependencies.get(configuration) ?? new Map<Stage, ReadonlySet<ConfigurationSection>>()
  dependencies.set(configuration, byStage)
  const known = byStage.get(stage)
  if (known !== undefined) return known
  const lineage = new Set<string>(lineageOf(stage, configuration))
  const own = new Set(
    sectionNames.filter((section) => !stageNames.some((name) => name === section) || lineage.has(section)),
  )
  byStage.set(stage, own)
  return own
}

/** A value of a configuration; flags as 1 or 0. */
function parameterValue(configuration: PipelineConfiguration, section: ConfigurationSection, field: string): KeyValue {
  const values: Readonly<Record<string, unknown>> = configuration[section]
  const value = values[field]
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'number' || typeof value === 'string' ? value : null
}

/** Every hyperparameter that a run depends on, by its key; flags as 1 or 0. */
export function parametersOfRun(
  stage: Stage,
  configuration: PipelineConfiguration,
): [key: string, value: string | number][] {
  return [...sectionsOfRun(stage, configuration)].flatMap((section) =>
    [...fields(section).keys()].flatMap((field): [string, string | number][] => {
      const value = parameterValue(configuration, section, field)
      return value === null ? [] : [[`${section}.${field}`, value]]
    }),
  )
}
