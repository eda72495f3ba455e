import { compareConfigurations, configuredOf, onlyDifferences } from '#contract/comparison/configurations.ts'
import { compareEnvironments } from '#contract/comparison/environments.ts'
import { seedOf } from '#contract/comparison/seed-groups.ts'
import { formatParameter } from '#contract/configuration/parameters.ts'
import { formatDuration, formatStep } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { type Block, heading, list, paragraph } from './document.ts'
import { factTable, nameOf, type ReportedRun } from './reported-run.ts'

/** What was compared: the runs with their notes, data, code and machines. */
export function comparedRuns(runs: readonly ReportedRun[]): Block[] {
  return [
    heading('What was compared'),
    {
      kind: 'table',
      caption: 'The runs. The first is the baseline.',
      head: ['Run', 'Name', 'Id', 'Stage', 'Status', 'Seed', 'Steps', 'Computing time', 'Tags'],
      rows: runs.map((reported) => {
        const { number, run, pipeline } = reported
        return [
          number,
          nameOf(reported),
          run.id,
          stageTitles[run.stage],
          run.status,
          String(seedOf(pipeline) ?? 'unknown'),
          run.totalSteps === null || run.totalSteps === run.step
            ? formatStep(run.step)
            : `${formatStep(run.step)} of ${formatStep(run.totalSteps)}`,
          formatDuration(run.durationMs),
          run.organization.tags.join(', '),
        ]
      }),
      numeric: [5, 6, 7],
    },
    ...unfinished(runs),
    ...notes(runs),
    ...environment(runs),
  ]
}

/** A result of a run that goes on may change. */
function unfinished(runs: readonly ReportedRun[]): Block[] {
  const numbers = runs
    .filter(({ run }) => run.status !== 'finished' && run.status !== 'imported')
    .map(({ number, run }) => `${number} (${run.status})`)
  return numbers.length === 0
    ? []
    : [paragraph(`Not finished when this report was made: ${numbers.join(', ')}. Their values are those so far.`)]
}

function notes(runs: readonly ReportedRun[]): Block[] {
  const pipelines = new Map(runs.map(({ pipeline }) => [pipeline.id, pipeline]))
  const found = [
    ...[...pipelines.values()].map(({ id, organization }) => ({ of: `Pipeline ${id}`, note: organization.note })),
    ...runs.map(({ number, run }) => ({ of: number, note: run.organization.note })),
  ].filter(({ note }) => note.trim() !== '')
  return found.length === 0 ? [] : [heading('Notes', 3), ...list(found.map(({ of, note }) => `${of}: ${note.trim()}`))]
}

function environment(runs: readonly ReportedRun[]): Block[] {
  const facts = compareEnvironments(runs).flatMap(({ title, rows }) => rows.map((row) => ({ ...row, title })))
  const known = facts.filter(({ values }) => values.some((value) => value !== null))
  const different = known.filter((fact) => !isShared(fact))
  return [
    heading('Data, code and machines', 3),
    ...list(known.filter(isShared).map((fact) => `${factName(fact)}: ${fact.values[0] ?? ''}`)),
    ...(different.length === 0
      ? []
      : [
          factTable(
            'What differs between the runs; – is not recorded.',
            'Fact',
            runs,
            different.map((fact) => ({
              label: factName(fact),
              values: fact.values.map((value) => value ?? undefined),
            })),
          ),
        ]),
  ]
}

const isShared = ({ values }: { values: readonly (string | null)[] }): boolean =>
  values.every((value) => value === values[0])

const factName = ({ title, label }: { title: string; label: string }): string =>
  title === label ? label : `${title}, ${label.toLowerCase()}`

/** Hyperparameters in which the runs, or the runs that they depend on, differ. */
export function differingHyperparameters(runs: readonly ReportedRun[]): Block[] {
  if (runs.length < 2) return []
  const sections = onlyDifferences(compareConfigurations(runs.map(configuredOf)))
  const facts = sections.flatMap(({ title, rows }) =>
    rows.map(({ label, unit, values }) => ({
      label: `${title}: ${label}${unit === '' ? '' : ` (${unit})`}`,
      values: values.map((value) => (value === undefined ? undefined : formatParameter(value))),
    })),
  )
  return [
    heading('Hyperparameters that differ'),
    facts.length === 0
      ? paragraph('These runs and the runs they depend on have the same configuration.')
      : factTable('– is a hyperparameter that the run does not depend on.', 'Hyperparameter', runs, facts),
  ]
}
