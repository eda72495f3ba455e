import { type SeedGroup, seedGroups, seedNoteText, settingsText } from '#contract/comparison/seed-groups.ts'
import { describeMetric, type MetricName, sortMetrics } from '#contract/domain/metric.ts'
import { formatNumber, formatQuantity } from '#contract/format.ts'
import { dotted, headlineReduction, reductionTitles, resultMetric } from '#contract/query/metric-keys.ts'
import { type Stage, stageNames, stageTitles } from '#contract/stages/index.ts'
import { type Block, heading, paragraph } from './document.ts'
import { nameOf, type ReportedRun } from './reported-run.ts'

/** Metrics of these groups say how good a model is. */
const resultGroups = new Set(['train', 'validation', 'test'])

interface Row {
  readonly title: string
  readonly numbers: string
  /** Groups of one setting, one for each metric. */
  readonly groups: readonly SeedGroup[]
}

/** The results of each stage: mean and interval over the seeds of each setting, and the differences to the baseline. */
export function results(runs: readonly ReportedRun[]): Block[] {
  const baseline = runs[0]
  const staged = stageNames
    .map((stage) => ({ stage, members: runs.filter(({ run }) => run.stage === stage) }))
    .filter(({ members }) => members.length > 0)
    // The stage of the baseline comes first.
    .toSorted((a, b) => Number(b.stage === baseline?.run.stage) - Number(a.stage === baseline?.run.stage))
  return [
    heading('Results'),
    paragraph(
      'Runs that differ in nothing but the seed are one setting. Values are means over its seeds ± half the 95 % interval of the mean by Student’s t distribution; n is the number of seeds. A setting of one seed has no interval.',
    ),
    ...staged.flatMap(({ stage, members }) => resultsOfStage(stage, members, stage === baseline?.run.stage)),
  ]
}

function resultsOfStage(stage: Stage, members: readonly ReportedRun[], hasBaseline: boolean): Block[] {
  const metrics = metricsOf(members)
  if (metrics.length === 0)
    return [heading(stageTitles[stage], 3), paragraph('These runs have not recorded a loss or an accuracy yet.')]
  const byMetric = metrics.map((metric) => seedGroups(members, dotted(metric)))
  const rows = (byMetric[0] ?? []).map((first, index): Row => {
    const of = first.runIds.flatMap((id) => members.find(({ run }) => run.id === id) ?? [])
    const [only] = of
    const name = [
      ...(only !== undefined && (of.length === 1 || first.settings.length === 0) ? [nameOf(only)] : []),
      ...(first.settings.length === 0 ? [] : [settingsText(first.settings)]),
    ].join('\n')
    return {
      title: hasBaseline && index === 0 ? `${name} (baseline)` : name,
      numbers: of.map(({ number }) => number).join(', '),
      groups: byMetric.flatMap((groups) => groups[index] ?? []),
    }
  })
  return [
    heading(stageTitles[stage], 3),
    {
      kind: 'table',
      caption: `Results of ${stageTitles[stage].toLowerCase()}.`,
      head: ['Setting', 'Runs', ...metrics.map(metricTitle)],
      rows: rows.map(({ title, numbers, groups }) => [title, numbers, ...groups.map(meanText)]),
      numeric: metrics.map((_, index) => index + 2),
    },
    ...(hasBaseline && rows.length > 1 ? differences(rows, metrics) : []),
  ]
}

/** The recorded metrics that say how good a model is. */
function metricsOf(members: readonly ReportedRun[]): MetricName[] {
  const names = new Set(members.flatMap(({ run }) => run.summaries.map(({ name }) => name)))
  if (members.some(({ run }) => run.result !== null)) names.add(resultMetric)
  return sortMetrics(names).filter(
    (name) => describeMetric(name).goal !== 'none' && resultGroups.has(name.split('/')[0] ?? ''),
  )
}

/** Label, unit, and which value of the series is shown: `Validation top-1, best (%)`. */
function metricTitle(metric: MetricName): string {
  const { label, unit } = describeMetric(metric)
  return `${label}, ${reductionTitles[headlineReduction(metric)]}${unit === '' ? '' : ` (${unit})`}`
}

/** `62.1 ± 2.3, n = 3`. */
function meanText({ mean, interval, seeds, withoutValue }: SeedGroup): string {
  const missing =
    withoutValue.length === 0 ? '' : `\n${formatQuantity(withoutValue.length, 'run')} without a finite value`
  if (mean === null) return `–${missing}`
  const spread = interval === null ? '' : ` ± ${formatNumber(interval, 3)}`
  return `${formatNumber(mean)}${spread}${seeds.length > 1 ? `, n = ${seeds.length}` : ''}${missing}`
}

function differences([baseline, ...others]: readonly Row[], metrics: readonly MetricName[]): Block[] {
  return [
    {
      kind: 'table',
      caption:
        'Differences to the baseline. With at least two seeds in common: mean of the paired differences, its 95 % interval, and p of the two-sided paired t test, not corrected for the number of comparisons. Else the difference of the means.',
      head: ['Setting', 'Metric', 'Difference', '95 % interval', 'p', 'Pairs', 'Notes'],
      rows: others.flatMap(({ title, groups }) =>
        groups.flatMap((group, index) => {
          const metric = metrics[index]
          const first = baseline?.groups[index]
          if (metric === undefined || group.mean === null || first === undefined || first.mean === null) return []
          const { test, untested, notes } = group
          return [
            [
              title,
              metricTitle(metric),
              signed(test?.difference ?? group.mean - first.mean),
              test === null ? '–' : `± ${formatNumber(test.interval, 3)}`,
              test === null ? '–' : probability(test.p),
              test === null ? '–' : String(test.pairs),
              [...(untested === null ? [] : [untested]), ...notes].map(seedNoteText).join(' '),
            ],
          ]
        }),
      ),
      numeric: [2, 3, 4, 5],
    },
  ]
}

const signed = (value: number): string =>
  value === 0 ? '±0' : `${value > 0 ? '+' : '−'}${formatNumber(Math.abs(value), 3)}`

const probability = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3))
