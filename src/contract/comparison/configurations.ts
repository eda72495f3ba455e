import { groupsOf, type ParameterValue } from '../configuration/parameters.ts'
import {
  configurationSections,
  type ConfigurationSection,
  type PipelineConfiguration,
  sectionTitles,
} from '../configuration/pipeline.ts'
import { inputRoles, roleTitles, type InputRole } from '../domain/model-ref.ts'
import type { Pipeline } from '../domain/pipeline.ts'
import type { Run } from '../domain/run.ts'
import { dependsOn, lineageOf } from '../stages/chain.ts'
import { stageTitles, type Stage } from '../stages/index.ts'

/** A run: its stage, data and the configuration of its pipeline. */
export interface Configured {
  stage: Stage
  dataset: string
  labels: string | null
  /** Null for an imported run. */
  configuration: PipelineConfiguration | null
  /** Hyperparameters of an imported run, by their names in the other program. */
  imported?: Readonly<Record<string, number | string>> | undefined
}

/** What `compareConfigurations` needs of a run. */
export const configuredOf = ({
  run: { stage, dataset, labels },
  pipeline: { configuration, imported },
}: {
  run: Pick<Run, 'stage' | 'dataset' | 'labels'>
  pipeline: Pick<Pipeline, 'configuration' | 'imported'>
}): Configured => ({ stage, dataset, labels, configuration, imported: imported?.parameters })

/** Values of a hyperparameter; undefined for runs that do not depend on it. */
export interface ParameterRow {
  key: string
  group: string
  label: string
  unit: string
  help: string
  values: (ParameterValue | undefined)[]
  differs: boolean
}
export interface SectionRows {
  section: ConfigurationSection | 'dataset' | 'models' | 'stage' | 'imported'
  title: string
  /** For each run, whether it depends on this section. */
  applies: boolean[]
  rows: ParameterRow[]
}

/**
 * Compares the configurations of some runs, including the stages that they depend on, so that a difference between the teachers
 * of two fine-tuned students is found. A row differs if the runs that depend on it have different values. Runs of different
 * stages are compared by their common hyperparameters, such as width, mask ratio or learning rate.
 */
export function compareConfigurations(runs: readonly Configured[]): SectionRows[] {
  const sections = runs.map((run) => new Set<string>(sectionsOf(run)))
  const own = ownStageRows(runs)
  const shared = new Set(own?.rows.map(({ key }) => key))
  /** Whether the rows of the runs' own stages already show a value: the section is the own stage of every run that uses it. */
  const isShown = (section: ConfigurationSection, key: string) =>
    shared.has(key) && runs.every((run, index) => run.stage === section || sections[index]?.has(section) !== true)
  const names = Object.keys(configurationSections) as ConfigurationSection[]
  const compared = names
    .map((section) => {
      const applies = sections.map((own) => own.has(section))
      const byRun = runs.map((run, index) =>
        applies[index] && run.configuration !== null ? groupsOf(section, run.configuration[section]) : [],
      )
      const rows = new Map<string, ParameterRow>()
      byRun.forEach((groups, index) => {
        for (const { title, parameters } of groups) {
          for (const { key, label, unit, help, value } of parameters) {
            const row = rows.get(key) ?? {
              key,
              group: title,
              label,
              unit,
              help,
              values: runs.map(() => undefined),
              differs: false,
            }
            row.values[index] = value
            rows.set(key, row)
          }
        }
      })
      return {
        section,
        title: sectionTitles[section],
        applies,
        rows: [...rows.values()].filter(({ key }) => !isShown(section, key)).map(marked),
      }
    })
    .filter(({ applies }) => applies.some(Boolean))
  return [
    datasetRows(runs),
    ...modelRows(runs),
    ...(own === undefined ? [] : [own]),
    ...compared,
    ...importedRows(runs),
  ]
}

/** Hyperparameters that the stages of the runs have in common; undefined if all runs are of the same stage. */
function ownStageRows(runs: readonly Configured[]): SectionRows | undefined {
  if (new Set(runs.map(({ stage }) => stage)).size < 2) return undefined
  const own = runs.map(({ stage, configuration }) =>
    (configuration === null ? [] : groupsOf(stage, configuration[stage])).flatMap(({ title, parameters }) =>
      parameters.map((parameter) => ({ ...parameter, group: title, stage })),
    ),
  )
  const rows = [...Map.groupBy(own.flat(), ({ key }) => key).values()].flatMap((parameters): ParameterRow[] => {
    const [first] = parameters
    if (first === undefined || parameters.every(({ stage }) => stage === first.stage)) return []
    const { key, group, label, unit, help } = first
    return [
      marked({
        key,
        group,
        label,
        unit,
        help,
        values: own.map((of) => of.find((parameter) => parameter.key === key)?.value),
        differs: false,
      }),
    ]
  })
  const title = 'Stage of the run'
  return {
    section: 'stage',
    title,
    applies: runs.map(() => true),
    rows: [
      plainRow(
        title,
        'stage',
        'Stage',
        runs.map(({ stage }) => stageTitles[stage]),
      ),
      ...rows,
    ],
  }
}

function datasetRows(runs: readonly Configured[]): SectionRows {
  const title = 'Data'
  const rows = [
    plainRow(
      title,
      'dataset',
      'Dataset',
      runs.map((run) => run.dataset),
    ),
    plainRow(
      title,
      'labels',
      'Label set',
      runs.map((run) => run.labels ?? 'none'),
    ),
  ]
  return { section: 'dataset', title, applies: runs.map(() => true), rows }
}

/** Existing models that at least one of the runs uses. */
function modelRows(runs: readonly Configured[]): SectionRows[] {
  const title = 'Existing models'
  const taken = inputRoles.filter((role) =>
    runs.some((run) => takes(run, role) && run.configuration?.inputs[role] !== undefined),
  )
  const rows = taken.map((role) =>
    marked({
      key: role,
      group: title,
      label: roleTitles[role],
      unit: '',
      help: '',
      values: runs.map((run) =>
        takes(run, role) ? (run.configuration?.inputs[role] ?? 'trained in this pipeline') : undefined,
      ),
      differs: false,
    }),
  )
  return rows.length === 0
    ? []
    : [
        {
          section: 'models',
          title,
          applies: runs.map((_, index) => rows.some(({ values }) => values[index] !== undefined)),
          rows,
        },
      ]
}

/** Whether a run depends on a model in this role, trained or existing. */
const takes = ({ stage, configuration }: Configured, role: InputRole): boolean =>
  configuration !== null && dependsOn(stage, role, configuration)

/** Sections of a pipeline's configuration that a run depends on. */
const sectionsOf = ({ stage, configuration }: Configured): ConfigurationSection[] =>
  configuration === null ? [] : ['general', 'clip', ...lineageOf(stage, configuration)]

/** Hyperparameters of imported runs, by their names in the other program. */
function importedRows(runs: readonly Configured[]): SectionRows[] {
  const title = 'Imported hyperparameters'
  const names = [...new Set(runs.flatMap(({ imported }) => Object.keys(imported ?? {})))].toSorted()
  if (names.length === 0) return []
  const rows = names.map((name) =>
    marked({
      key: name,
      group: title,
      label: name,
      unit: '',
      help: '',
      values: runs.map(({ imported }) => imported?.[name]),
      differs: false,
    }),
  )
  return [{ section: 'imported', title, applies: runs.map(({ imported }) => imported !== undefined), rows }]
}

/** A row that is not in a schema. */
const plainRow = (group: string, key: string, label: string, values: string[]): ParameterRow =>
  marked({ key, group, label, unit: '', help: '', values, differs: false })

function marked(row: ParameterRow): ParameterRow {
  const known = row.values.filter((value) => value !== undefined)
  return { ...row, differs: known.some((value) => value !== known[0]) }
}

/** Only rows that differ. Sections without such rows are dropped, unless only some runs depend on them. */
export function onlyDifferences(sections: readonly SectionRows[]): SectionRows[] {
  return sections
    .map((section) => ({ ...section, rows: section.rows.filter((row) => row.differs) }))
    .filter((section) => section.rows.length > 0 || !section.applies.every(Boolean))
}
