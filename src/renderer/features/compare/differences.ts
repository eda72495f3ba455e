import {
  configurationParts,
  type ConfigurationPart,
  type PipelineConfiguration,
} from '#contract/configuration/pipeline.ts'
import { inputRoles, roleTitles, type InputRole } from '#contract/domain/model-ref.ts'
import { stageTitles, type Stage } from '#contract/stages/stage.ts'
import { lineageOf, partsOf } from '../../ui/run/lineage.ts'
import { partTitles, sectionsOf, type ParameterValue } from '../../ui/run/parameters.ts'

/** A run: its stage, data and the configuration of its pipeline. */
export interface Configured {
  stage: Stage
  dataset: string
  labels: string | null
  configuration: PipelineConfiguration
}

/** Values of a hyperparameter; undefined for runs that do not depend on it. */
export interface ParameterRow {
  key: string
  section: string
  label: string
  unit: string
  help: string
  values: (ParameterValue | undefined)[]
  differs: boolean
}
export interface PartRows {
  part: ConfigurationPart | 'dataset' | 'models' | 'stage'
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
export function compareConfigurations(runs: readonly Configured[]): PartRows[] {
  const parts = runs.map((run) => new Set<string>(partsOf(run.stage, run.configuration)))
  const own = ownStageRows(runs)
  const shared = new Set(own?.rows.map(({ key }) => key))
  /** Whether the rows of the runs' own stages already show a value: the section is the own stage of every run that uses it. */
  const isShown = (part: ConfigurationPart, key: string) =>
    shared.has(key) && runs.every((run, index) => run.stage === part || parts[index]?.has(part) !== true)
  const names = Object.keys(configurationParts) as ConfigurationPart[]
  const compared = names
    .map((part) => {
      const applies = parts.map((own) => own.has(part))
      const byRun = runs.map((run, index) => (applies[index] ? sectionsOf(part, run.configuration[part]) : []))
      const rows = new Map<string, ParameterRow>()
      byRun.forEach((sections, index) => {
        for (const { title, parameters } of sections) {
          for (const { key, label, unit, help, value } of parameters) {
            const row = rows.get(key) ?? {
              key,
              section: title,
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
        part,
        title: partTitles[part],
        applies,
        rows: [...rows.values()].filter(({ key }) => !isShown(part, key)).map(marked),
      }
    })
    .filter(({ applies }) => applies.some(Boolean))
  return [datasetRows(runs), ...modelRows(runs), ...(own === undefined ? [] : [own]), ...compared]
}

/** Hyperparameters that the stages of the runs have in common; undefined if all runs are of the same stage. */
function ownStageRows(runs: readonly Configured[]): PartRows | undefined {
  if (new Set(runs.map(({ stage }) => stage)).size < 2) return undefined
  const own = runs.map(({ stage, configuration }) =>
    sectionsOf(stage, configuration[stage]).flatMap(({ title, parameters }) =>
      parameters.map((parameter) => ({ ...parameter, section: title, stage })),
    ),
  )
  const rows = [...Map.groupBy(own.flat(), ({ key }) => key).values()].flatMap((parameters): ParameterRow[] => {
    const [first] = parameters
    if (first === undefined || parameters.every(({ stage }) => stage === first.stage)) return []
    const { key, section, label, unit, help } = first
    return [
      marked({
        key,
        section,
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
    part: 'stage',
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

function datasetRows(runs: readonly Configured[]): PartRows {
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
  return { part: 'dataset', title, applies: runs.map(() => true), rows }
}

/** Existing models that at least one of the runs uses. */
function modelRows(runs: readonly Configured[]): PartRows[] {
  const title = 'Existing models'
  const taken = inputRoles.filter((role) =>
    runs.some((run) => takes(run, role) && run.configuration.inputs[role] !== undefined),
  )
  const rows = taken.map((role) =>
    marked({
      key: role,
      section: title,
      label: roleTitles[role],
      unit: '',
      help: '',
      values: runs.map((run) =>
        takes(run, role) ? (run.configuration.inputs[role] ?? 'trained in this pipeline') : undefined,
      ),
      differs: false,
    }),
  )
  return rows.length === 0
    ? []
    : [
        {
          part: 'models',
          title,
          applies: runs.map((_, index) => rows.some(({ values }) => values[index] !== undefined)),
          rows,
        },
      ]
}

/** Whether a run depends on a model in this role, trained or existing. */
function takes({ stage, configuration }: Configured, role: InputRole): boolean {
  const { distill, finetune } = configuration
  const lineage = lineageOf(stage, { distill, finetune })
  if (role === 'imageTeacher') return lineage.includes('image-teacher')
  if (role === 'videoTeacher') return lineage.includes('video-teacher')
  return lineageOf(stage, configuration).includes('finetune')
    ? finetune.initialization === 'checkpoint'
    : stage === 'evaluate'
}

/** A row that is not part of a schema. */
const plainRow = (section: string, key: string, label: string, values: string[]): ParameterRow =>
  marked({ key, section, label, unit: '', help: '', values, differs: false })

function marked(row: ParameterRow): ParameterRow {
  const known = row.values.filter((value) => value !== undefined)
  return { ...row, differs: known.some((value) => value !== known[0]) }
}

/** Only rows that differ. Sections without such rows are dropped, unless only some runs depend on them. */
export function onlyDifferences(parts: readonly PartRows[]): PartRows[] {
  return parts
    .map((part) => ({ ...part, rows: part.rows.filter((row) => row.differs) }))
    .filter((part) => part.rows.length > 0 || !part.applies.every(Boolean))
}
