import type { RunEnvironment } from '#contract/domain/environment.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { stageTitles } from '#contract/stages/index.ts'
import type { TableBlock } from './document.ts'

/** A run of a report. Its number stands for it in tables: `R1`. */
export interface ReportedRun {
  readonly number: string
  readonly run: Run
  readonly pipeline: Pipeline
  readonly environment: RunEnvironment | undefined
}

/** Name of a run as the window shows it: its own, or that of its pipeline with the stage. */
export const nameOf = ({ run, pipeline }: Pick<ReportedRun, 'run' | 'pipeline'>): string =>
  run.organization.name ?? `${pipeline.organization.name ?? pipeline.id} · ${stageTitles[run.stage]}`

/** More runs than this are rows of a table instead of columns. */
const maxRunColumns = 8

/** A fact of each run; runs without it have undefined. */
export interface FactRow {
  readonly label: string
  readonly values: readonly (string | undefined)[]
}

/** Facts of runs as a table: runs beside each other, or below each other if they are many. */
export function factTable(
  caption: string,
  head: string,
  runs: readonly ReportedRun[],
  facts: readonly FactRow[],
): TableBlock {
  const numbers = runs.map(({ number }) => number)
  return runs.length <= maxRunColumns
    ? {
        kind: 'table',
        caption,
        head: [head, ...numbers],
        rows: facts.map(({ label, values }) => [label, ...values.map((value) => value ?? '–')]),
        numeric: numbers.map((_, index) => index + 1),
      }
    : {
        kind: 'table',
        caption,
        head: ['Run', ...facts.map(({ label }) => label)],
        rows: runs.map(({ number }, index) => [number, ...facts.map(({ values }) => values[index] ?? '–')]),
        numeric: facts.map((_, index) => index + 1),
      }
}
