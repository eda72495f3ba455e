import { decodeMetric, describeMetric, encodeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import type { KeyValue } from '#contract/query/key.ts'
import { headlineReduction, type Reduction, reductionTitles } from '#contract/query/metric-keys.ts'
import type { RunKey } from '#contract/query/run-key.ts'
import {
  formatCount,
  formatDate,
  formatDuration,
  formatMetric,
  formatNumber,
  formatStep,
  shortName,
} from '../../ui/format.ts'
import { contractText, t } from '../../ui/language.ts'
import {
  headlineOf,
  progressOf,
  statusLook,
  statusNote,
  throughputNote,
  throughputOf,
  timeLeft,
} from '../../ui/run/status.ts'

/** A column of the table of runs. */
export interface Column {
  /** Its key in the address and in filters. */
  readonly key: string
  readonly title: string
  /** What of it is shown: the reduction of a metric, the section of a hyperparameter. Beside the title. */
  readonly detail: string
  readonly help: string
  /** Heading under which the chooser lists it. */
  readonly group: string
  readonly kind: RunKey['kind']
  readonly source: RunKey['source']
  readonly goal: RunKey['goal']
  /** Width in pixels unless the user has set one. */
  readonly width: number
  readonly metric?: MetricName
  readonly reduction?: Reduction
  /** Of a column of values at a step: that step. */
  readonly atStep?: number
  /** Step at which the value of a run was recorded, if it is not the one asked for. */
  readonly earlierStep?: (run: Run) => number | null
  /** Whether the value of a run is not known yet. */
  readonly isPending?: (run: Run) => boolean
  /** Value to sort by; null if a run has none. */
  readonly read: (run: Run) => KeyValue
  /** Text of a cell; empty without a value. */
  readonly text: (run: Run) => string
  /** Text of a value of this column, as in a heading of a group. */
  readonly textOf: (value: string | number) => string
}

/** Columns until the user chooses others. */
export const defaultColumns: readonly string[] = [
  'status',
  'step',
  'train.loss',
  'result',
  'throughput',
  'duration',
  'parameters',
  'engine',
  'started',
]

const millisecondsPerSecond = 1000
const widths: Readonly<Record<string, number>> = {
  status: 180,
  step: 104,
  dataset: 130,
  pipeline: 190,
  run: 220,
  labels: 110,
  stage: 120,
  preset: 130,
  engine: 110,
  duration: 90,
  parameters: 90,
}
const normalWidth = { text: 120, number: 100, flag: 80, time: 176 } as const

/** Facts that need more than one key of a run. */
const ownColumns = (): Column[] => [
  {
    key: 'result',
    title: t('runs.columns.result'),
    detail: '',
    help: t('runs.columns.resultHelp'),
    group: contractText('Run'),
    kind: 'number',
    source: 'run',
    goal: 'none',
    width: 160,
    read: (run) => resultOf(run)?.value ?? null,
    text(run) {
      const result = resultParts(run)
      return result === null ? '' : `${result.name} ${result.value}`
    },
    textOf: (value) => formatNumber(Number(value)),
  },
  {
    key: 'throughput',
    title: t('runs.columns.throughput'),
    detail: '',
    help: t('runs.columns.throughputHelp'),
    group: contractText('Run'),
    kind: 'number',
    source: 'run',
    goal: 'maximize',
    width: 76,
    read: (run) => throughputOf(run)?.value ?? null,
    text(run) {
      const throughput = throughputOf(run)
      if (throughput === null) return run.startedAt === null ? '' : '–'
      return `${throughput.isMeasured ? '' : '≈ '}${formatNumber(throughput.value)}`
    },
    textOf: (value) => formatNumber(Number(value)),
  },
]

/** The headline metric of a run as a number, unless it is the training loss. */
export function resultOf(run: Run): { name: MetricName; value: number } | null {
  const headline = headlineOf(run)
  return headline === null || headline.name === 'train/loss'
    ? null
    : { name: headline.name, value: decodeMetric(headline.value) }
}

/**
 * A column for each key of some runs, and those that need several keys of a run.
 * @param valueOf value of a key for a run
 */
export function columnsOf(keys: readonly RunKey[], valueOf: (key: string, run: Run) => KeyValue): Column[] {
  const columns = keys.map((key): Column => {
    const read = (run: Run) => valueOf(key.key, run)
    const textOf = (value: string | number) => textOfValue(key, value)
    const { title, detail } = headerOf(key)
    return {
      key: key.key,
      title,
      detail,
      help: contractText(key.help),
      group: contractText(key.group),
      kind: key.kind,
      source: key.source,
      goal: key.goal,
      width: Math.max(widths[key.key] ?? normalWidth[key.kind], headerWidth(title, detail)),
      ...(key.metric === undefined ? {} : { metric: key.metric }),
      ...(key.reduction === undefined ? {} : { reduction: key.reduction }),
      read,
      text: texts[key.key] ?? ((run) => textOfNullable(read(run), textOf)),
      textOf,
    }
  })
  const ownOnes = ownColumns()
  const own = new Set(ownOnes.map(({ key }) => key))
  return [...ownOnes, ...columns.filter(({ key }) => !own.has(key))]
}

const textOfNullable = (value: KeyValue, textOf: (value: string | number) => string): string =>
  value === null ? '' : textOf(value)

/** Cells that say more than the value of their key. */
const texts: Readonly<Record<string, (run: Run) => string>> = {
  status: (run) => statusLook(run).label,
  step: (run) =>
    run.totalSteps === null
      ? run.status === 'imported'
        ? formatStep(run.step)
        : ''
      : `${formatStep(run.step)} / ${formatStep(run.totalSteps)}`,
  duration(run) {
    if (run.status === 'running') return timeLeft(run) === '' ? '' : t('runs.columns.timeLeft', { time: timeLeft(run) })
    return run.durationMs > 0 ? formatDuration(run.durationMs) : ''
  },
}

/** Width in pixels in which a header shows its title and detail. Han characters and kana are as wide as two letters. */
export function headerWidth(title: string, detail: string): number {
  const text = title + detail
  const wide = text.match(/[\u3000-\u9fff\uff00-\uffef]/g)?.length ?? 0
  return Math.ceil(32 + 5.9 * (text.length + wide))
}

/** Title of a column, and what of it is shown. */
function headerOf(key: RunKey): { title: string; detail: string } {
  if (key.metric !== undefined)
    return {
      title: contractText(describeMetric(key.metric).label),
      detail: contractText(reductionTitles[key.reduction ?? headlineReduction(key.metric)]),
    }
  return { title: contractText(key.label), detail: key.source === 'parameter' ? contractText(key.group) : '' }
}

function textOfValue(key: RunKey, value: string | number): string {
  if (key.metric !== undefined) return formatMetric(key.metric, encodeMetric(Number(value)))
  switch (key.kind) {
    case 'flag':
      return value === 1 || value === 'on' ? t('runs.columns.on') : t('runs.columns.off')
    case 'time':
      return formatDate(String(value))
    case 'number':
      if (key.key === 'duration') return formatDuration(Number(value) * millisecondsPerSecond)
      if (key.key === 'parameters') return formatCount(Number(value))
      // A hyperparameter is shown in full: rounding would hide a difference.
      return key.source === 'parameter' ? String(value) : formatStep(Number(value))
    case 'text':
      return contractText(key.titles?.[String(value)] ?? String(value))
  }
}

/** Tooltip of a cell; empty if its text says everything. */
export function noteOf(column: Column, run: Run): string {
  if (column.key === 'status') return statusNote(run) || column.text(run)
  if (column.key === 'throughput') return throughputNote(run, throughputOf(run))
  if (column.key === 'result') {
    const result = resultOf(run)
    return result === null ? '' : contractText(describeMetric(result.name).label)
  }
  const earlier = column.earlierStep?.(run) ?? null
  if (earlier !== null)
    return t('runs.atStep.earlier', { step: formatStep(earlier), wanted: formatStep(column.atStep ?? 0) })
  return column.text(run)
}

/** Finished share of a running run in percent; null if it is not running or its length is unknown. */
export function percentOf(run: Run): number | null {
  const progress = progressOf(run)
  return progress === null ? null : Math.floor(progress * 100)
}

/** The parts of the column of results: the short name of the metric, and its value. */
export function resultParts(run: Run): { name: string; value: string } | null {
  const result = resultOf(run)
  return result === null
    ? null
    : { name: shortName(result.name), value: formatMetric(result.name, encodeMetric(result.value)) }
}

/** Whether the numbers of a column can be averaged: results can, choices such as hyperparameters cannot. */
export const isAveraged = ({ kind, source, key }: Column): boolean =>
  kind === 'number' &&
  (source === 'metric' || key === 'result' || key === 'throughput' || key === 'duration' || key === 'parameters')
