import type { Run } from '#contract/domain/run.ts'
import { stageTitles } from '#contract/stages/index.ts'

type Filterable = Pick<Run, 'id' | 'pipelineId' | 'stage' | 'dataset' | 'labels' | 'preset' | 'status'>

const fields: Record<string, (run: Filterable) => string> = {
  pipeline: (run) => run.pipelineId,
  stage: (run) => `${run.stage} ${stageTitles[run.stage]}`,
  dataset: (run) => run.dataset,
  labels: (run) => run.labels ?? '',
  preset: (run) => run.preset,
  status: (run) => run.status,
}

/**
 * Runs that match every word of the query. A word such as `status:failed` looks into one field, a plain word into all;
 * a leading minus turns a word round. Case does not matter.
 */
export function filterRuns<R extends Filterable>(runs: readonly R[], query: string): R[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
  return runs.filter((run) =>
    words.every((word) => (word.startsWith('-') ? !matches(run, word.slice(1)) : matches(run, word))),
  )
}

function matches(run: Filterable, word: string): boolean {
  const [key = '', value] = word.split(/:(.*)/)
  const field = value === undefined ? undefined : fields[key]
  const text = field === undefined ? [run.id, ...Object.values(fields).map((read) => read(run))].join(' ') : field(run)
  return text.toLowerCase().includes(field === undefined ? word : (value ?? ''))
}
