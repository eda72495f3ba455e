import { formatDifference } from '#contract/comparison/results.ts'
import { type ExperimentProblem, type ExperimentStatus } from '#contract/experiment/progress.ts'
import { type ExperimentPhase, phaseTitles } from '#contract/experiment/request.ts'
import type { ExperimentNote, SeedMean, StartDifference } from '#contract/experiment/result.ts'
import { type Start, startTitles } from '#contract/stages/starts.ts'
import { formatDuration, formatList, formatNumber, formatShare } from '../../ui/format.ts'
import { contractText, t } from '../../ui/language.ts'
import type { TimeLeft } from './time-left.ts'

export const startTitle = (start: Start): string => contractText(startTitles[start])
export const phaseTitle = (phase: ExperimentPhase): string => contractText(phaseTitles[phase])

interface StatusLook {
  readonly label: string
  readonly icon: string
  readonly color: 'primary' | 'success' | 'warning' | 'error'
}

const looks: Readonly<Record<ExperimentStatus, Omit<StatusLook, 'label'>>> = {
  running: { icon: 'i-lucide-loader-circle', color: 'primary' },
  finished: { icon: 'i-lucide-circle-check', color: 'success' },
  stopped: { icon: 'i-lucide-circle-pause', color: 'warning' },
  held: { icon: 'i-lucide-circle-pause', color: 'warning' },
  blocked: { icon: 'i-lucide-circle-x', color: 'error' },
}
export const statusLook = (status: ExperimentStatus): StatusLook => ({
  label: t(`experiments.status.${status}`),
  ...looks[status],
})

/** Half the width of an interval of shares, in percentage points: `4.1`. */
export const pointsText = (share: number): string => (Math.abs(share) * 100).toFixed(1)

/** A mean of shares: `62.3 % ± 4.1`, without an interval for one seed, `–` without any. */
export const meanText = ({ mean, interval }: SeedMean): string =>
  mean === null ? '–' : `${formatShare(mean)}${interval === null ? '' : ` ± ${pointsText(interval)}`}`

/** A difference of shares in percentage points: `+12.4 ± 3.0`; `–` without a pair. */
export function differenceText({ difference, interval }: Pick<StartDifference, 'difference' | 'interval'>): string {
  if (difference === null) return '–'
  return `${formatDifference(difference)}${interval === null ? '' : ` ± ${pointsText(interval)}`}`
}

/** Remaining time: `2 h 5 min`, `≥ 2 h 5 min` if the duration of some runs is unknown; empty if that of all is. */
export const timeLeftText = ({ durationMs, unknownRuns }: TimeLeft): string =>
  durationMs === 0 ? '' : `${unknownRuns > 0 ? '≥ ' : '≈ '}${formatDuration(durationMs)}`

/** What is wrong, as a sentence. The reason that the studio recorded is English and shown beside it. */
export function problemText(problem: ExperimentProblem): string {
  switch (problem.kind) {
    case 'run':
      return t('experiments.problem.run', {
        id: problem.runId,
        status: t(`run.status.${problem.status}`).toLowerCase(),
      })
    case 'held':
      return t('experiments.problem.held', { count: problem.count })
    case 'all-diverged':
      return t('experiments.problem.allDiverged', { start: startTitle(problem.start), labels: problem.labels })
    case 'dataset-changed':
      return problem.isRemoved
        ? t('experiments.problem.datasetRemoved', { dataset: problem.dataset })
        : t('experiments.problem.datasetChanged', { dataset: problem.dataset })
    case 'not-started':
      return t('experiments.problem.notStarted', { name: problem.name })
    case 'removed':
      return t('experiments.problem.removed', { pipelines: formatList(problem.pipelineIds) })
  }
}

/** What to do about a problem. */
export function problemAction(problem: ExperimentProblem): string {
  switch (problem.kind) {
    case 'run':
      return problem.status === 'missing' ? t('experiments.action.missing') : t('experiments.action.resume')
    case 'held':
      return t('experiments.action.release')
    case 'all-diverged':
      return t('experiments.action.lowerRates')
    case 'dataset-changed':
      return problem.isRemoved ? t('experiments.action.importAgain') : t('experiments.action.restoreFiles')
    case 'not-started':
      return t('experiments.action.fixAndResume')
    case 'removed':
      return t('experiments.action.restore')
  }
}

/** Sentence of the studio about a problem, in English; null without one. */
export const problemReason = (problem: ExperimentProblem): string | null =>
  problem.kind === 'run' || problem.kind === 'not-started' ? problem.message : null

/** What must be known beside the figures. */
export function noteText(note: ExperimentNote): string {
  switch (note.kind) {
    case 'one-seed':
      return t('experiments.note.oneSeed')
    case 'unfinished':
      return t('experiments.note.unfinished', { finished: note.finished, total: note.total })
    case 'seed-left-out':
      return t('experiments.note.seedLeftOut', { seed: note.seed, start: startTitle(note.start), labels: note.labels })
    case 'diverged':
      return t('experiments.note.diverged', { count: note.runIds.length, runs: formatList(note.runIds) })
    case 'edge': {
      const values = { value: formatNumber(note.value), start: startTitle(note.start), labels: note.labels }
      const key = note.field === 'learningRate' ? 'rate' : 'decay'
      return t(`experiments.note.edge.${key}${note.isHighest ? 'Highest' : 'Lowest'}`, values)
    }
    case 'engines':
      return t('experiments.note.engines', { engines: formatList(note.engines) })
    case 'versions':
      return t('experiments.note.versions', { versions: formatList(note.versions) })
    case 'other-data':
      return t('experiments.note.otherData', { pipelines: formatList(note.pipelineIds) })
    case 'dataset-changed':
      return note.isRemoved
        ? t('experiments.note.datasetRemoved', { dataset: note.dataset })
        : t('experiments.note.datasetChanged', { dataset: note.dataset })
    case 'test':
      return `${note.runId}: ${contractText(note.message)}`
  }
}
