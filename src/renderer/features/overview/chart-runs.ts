import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import type { RunKey } from '#contract/query/run-key.ts'
import { runKeys, valueOf } from '#contract/query/run-keys.ts'
import { contractText } from '../../ui/language.ts'
import { runLabel } from '../../ui/run/status.ts'
import type { ChartKey, ChartRun } from './chart-data.ts'

/** The runs as charts see them, and every key that an axis can show. Flags are read as `on` and `off`, stages by their title. */
export function chartRuns(
  runs: readonly Run[],
  pipelines: readonly Pipeline[],
): { runs: ChartRun[]; keys: ChartKey[] } {
  const keys = runKeys(runs, pipelines).filter(({ kind, key }) => kind !== 'time' && key !== 'run')
  const byName = new Map(keys.map((key) => [key.key, key]))
  const pipelineOf = new Map(pipelines.map((pipeline) => [pipeline.id, pipeline]))
  return {
    runs: runs.map((run) => ({
      id: run.id,
      label: runLabel(run),
      valueOf: (key) => shown(byName.get(key), valueOf(key, run, pipelineOf.get(run.pipelineId))),
    })),
    keys: keys.map(chartKey),
  }
}

/** The same parameter exists in several sections, so its label names the section. */
function chartKey({ key, label, source, group, unit }: RunKey): ChartKey {
  const named = source === 'parameter' ? `${contractText(label)}, ${contractText(group)}` : contractText(label)
  return {
    key,
    label: unit === '' ? named : `${named} (${contractText(unit)})`,
    kind: source === 'run' ? 'fact' : source,
  }
}

function shown(key: RunKey | undefined, value: string | number | null): string | number | null {
  if (value === null || key === undefined) return value
  if (key.kind === 'flag') return value === 0 ? 'off' : 'on'
  const title = key.titles?.[value]
  return title === undefined ? value : contractText(title)
}
