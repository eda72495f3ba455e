import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import {
  compareConfigurations,
  configuredOf,
  onlyDifferences,
  type SectionRows,
} from '#contract/comparison/configurations.ts'
import {
  compareEnvironments,
  type EnvironmentSection,
  onlyDifferentEnvironments,
} from '#contract/comparison/environments.ts'
import { metricRows, type MetricRow } from '#contract/comparison/metric-rows.ts'
import { type DataDifference, dataDifferenceNames, otherData } from '#contract/comparison/same-data.ts'
import {
  hasSeeds,
  type RunOfPipeline,
  type SeedGroup,
  seedGroups,
  seedNoteText,
  settingsText,
} from '#contract/comparison/seed-groups.ts'
import { formatParameter } from '#contract/configuration/parameters.ts'
import { formatMetric, formatMetricDifference, formatProbability } from '#contract/domain/metric-text.ts'
import { type MetricName, sortMetrics } from '#contract/domain/metric.ts'
import { formatList } from '#contract/format.ts'
import { didYouMean } from '#contract/nearest.ts'
import { dotted } from '#contract/query/metric-keys.ts'
import { stages } from '#contract/stages/index.ts'
import { type StudioClient, withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { listRuns } from './queries.ts'

interface Comparison {
  /** Ids of the runs, the baseline first. */
  runs: string[]
  metrics: MetricRow[]
  /** Runs whose differences to the baseline are not of the configuration alone. */
  otherData: { reason: DataDifference; runs: string[] }[]
  /** Runs of equal configuration but for the seed, compared by `metric`; null if no run has a metric. */
  seeds: { metric: MetricName; groups: SeedGroup[] } | null
  configuration: SectionRows[]
  environment: EnvironmentSection[]
}

const maxRuns = 200

export function addCompareVerb(program: Command): void {
  program
    .command('compare')
    .description(
      'compare runs with a baseline: metrics, paired tests over seeds, and differences of configuration, dataset, code and machine',
    )
    .argument('[run...]', 'ids of runs; the first is the baseline')
    .option('--filter <filter>', 'also all runs that match, such as "tag:ablation and stage:test"; see query keys')
    .option('--baseline <run>', 'another baseline than the first run')
    .option('--metric <name>', 'metric to test over seeds, such as test/top1 (default: the headline of the baseline)')
    .action(async (ids: string[], options: CompareOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const comparison = await withStudio(workspace, async (client) =>
        compare(client, await chosenRuns(client, ids, options), options.metric),
      )
      show(isJson, comparison, textOf)
    })
}

interface CompareOptions {
  baseline?: string
  metric?: string
  filter?: string
}

/** Ids of the runs to compare: the baseline, the named ones, then those that the filter finds, in the order of `run list`. */
async function chosenRuns(
  client: StudioClient,
  ids: readonly string[],
  { baseline, filter }: CompareOptions,
): Promise<string[]> {
  const found = filter === undefined ? [] : (await listRuns(client, filter)).map(({ id }) => id)
  const ordered = [...new Set([...(baseline === undefined ? [] : [baseline]), ...ids, ...found])]
  if (ordered.length === 0)
    throw filter === undefined
      ? new StudioError('bad-request', 'No run is named.', 'Name runs, or find them with --filter.')
      : new StudioError('bad-request', `No run matches the filter ${filter}.`, '`run list` shows the runs.')
  if (ordered.length > maxRuns)
    throw new StudioError(
      'bad-request',
      `${ordered.length} runs are more than can be compared at once.`,
      `Name at most ${maxRuns}${filter === undefined ? '' : ', or narrow the filter'}.`,
    )
  return ordered
}

async function compare(
  client: StudioClient,
  ids: readonly string[],
  chosen: MetricName | undefined,
): Promise<Comparison> {
  const found = await Promise.all(ids.map((id) => client.runs.get({ id })))
  const placed = await client.runs.environments({ ids: [...ids] })
  const runs = found.map(({ run, pipeline }): RunOfPipeline => ({ run, pipeline }))
  const metric = chosenMetric(runs, chosen)
  return {
    runs: runs.map(({ run }) => run.id),
    metrics: metricRows(
      runs.map(({ run }) => run),
      'last',
    ),
    otherData: otherData(runs).map(({ reason, runs: of }) => ({ reason, runs: of.map(({ run }) => run.id) })),
    seeds: metric === undefined ? null : { metric, groups: seedGroups(runs, dotted(metric)) },
    configuration: onlyDifferences(compareConfigurations(runs.map(configuredOf))),
    environment: onlyDifferentEnvironments(
      compareEnvironments(runs.map(({ run }, index) => ({ run, environment: placed[index] }))),
    ),
  }
}

/** The metric to test: the chosen one, or the first headline of the baseline that a run has. */
function chosenMetric(runs: readonly RunOfPipeline[], chosen: MetricName | undefined): MetricName | undefined {
  const recorded = sortMetrics(runs.flatMap(({ run }) => run.summaries.map(({ name }) => name)))
  if (chosen !== undefined && !recorded.includes(chosen))
    throw new StudioError(
      'bad-request',
      `None of these runs has a metric ${chosen}.`,
      didYouMean(chosen, recorded, `They have ${recorded.length === 0 ? 'none yet' : recorded.join(', ')}.`),
    )
  const [baseline] = runs
  if (chosen !== undefined || baseline === undefined) return chosen
  return stages[baseline.run.stage].headline.find((name) => recorded.includes(name)) ?? recorded[0]
}

function textOf({ runs, metrics, otherData: others, seeds, configuration, environment }: Comparison): string {
  const named = (head: string) => [head, ...runs.map((id, index) => (index === 0 ? `${id} (baseline)` : id))]
  const columns = runs.map((_, index) => index + 1)
  return [
    metrics.length === 0
      ? 'No run has recorded a metric yet.'
      : table(named('Metric'), metrics.map(metricCells), columns),
    ...others.map(otherDataText),
    ...(seeds === null || runs.length < 2
      ? []
      : [hasSeeds(seeds.groups) ? seedText(seeds.metric, seeds.groups) : noSeeds]),
    configuration.length === 0
      ? 'These runs and the runs they depend on have the same configuration.'
      : table(named('Hyperparameter'), configuration.flatMap(configurationRows), columns),
    ...(environment.length === 0
      ? []
      : [
          table(
            named('Environment'),
            environment.flatMap(({ title, rows }) =>
              rows.map(({ label, values }) => [
                `${title}: ${label}`,
                ...values.map((value) => value ?? 'not recorded'),
              ]),
            ),
          ),
        ]),
  ].join('\n')
}

const noSeeds = 'No paired test: none of these runs differ in the seed alone.'

const otherDataText = ({ reason, runs }: Comparison['otherData'][number]): string =>
  reason === 'stage'
    ? `Of another stage than the baseline, so without differences: ${formatList(runs)}.`
    : `With ${dataDifferenceNames[reason]} than the baseline, which is part of their differences: ${formatList(runs)}.`

function metricCells({ name, label, values, differences }: MetricRow): string[] {
  return [
    label,
    ...values.map((value, index) => {
      if (value === null) return '–'
      const difference = differences[index] ?? null
      const text = formatMetric(name, value)
      return difference === null ? text : `${text} (${formatMetricDifference(name, difference)})`
    }),
  ]
}

function configurationRows({ title, rows, applies }: SectionRows): string[][] {
  if (rows.length === 0) return [[title, ...applies.map((isUsed) => (isUsed ? 'used' : 'not used'))]]
  return rows.map(({ label, values }) => [`${title}: ${label}`, ...values.map(formatParameter)])
}

/** The pairs of a test, the baseline first: `Pairs: seed 1 60.0 % and 61.5 %`. */
const pairText = (metric: MetricName, pairs: SeedGroup['pairs']): string =>
  `Pairs: ${pairs
    .map(({ seed, first, second }) => `seed ${seed} ${formatMetric(metric, first)} and ${formatMetric(metric, second)}`)
    .join('; ')}.`

function seedText(metric: MetricName, groups: readonly SeedGroup[]): string {
  const rows = groups.map(({ runIds, settings, isBaseline, seeds, mean, interval, test }) => [
    isBaseline ? 'baseline' : settingsText(settings) || (runIds[0] ?? ''),
    seeds.map(({ seed }) => seed ?? '?').join(' '),
    mean === null
      ? '–'
      : `${formatMetric(metric, mean)}${interval === null ? '' : ` ± ${formatMetricDifference(metric, interval).slice(1)}`}`,
    test === null
      ? '–'
      : `${formatMetricDifference(metric, test.difference)} ± ${formatMetricDifference(metric, test.interval).slice(1)}`,
    test === null ? '–' : String(test.pairs),
    test === null ? '–' : formatProbability(test.p),
  ])
  const notes = groups.flatMap(({ runIds, untested, notes, pairs }) =>
    [
      ...(untested === null ? [] : [seedNoteText(untested)]),
      ...(pairs.length === 0 ? [] : [pairText(metric, pairs)]),
      ...notes.map(seedNoteText),
    ].map((note) => `${runIds[0]}: ${note}`),
  )
  const tested = groups.filter(({ test }) => test !== null).length
  return [
    `${metric} over seeds, mean and difference to the baseline with 95 % intervals, paired by seed:`,
    table(['Group', 'Seeds', 'Mean', 'Difference', 'Pairs', 'p'], rows, [2, 3, 4, 5]),
    ...notes,
    ...(tested > 1 ? [`p is not corrected for the ${tested} tests.`] : []),
  ].join('\n')
}
