import { formatParameter } from '../configuration/parameters.ts'
import { inputRoles } from '../domain/model-ref.ts'
import type { Pipeline } from '../domain/pipeline.ts'
import type { Run } from '../domain/run.ts'
import { formatList, formatQuantity } from '../format.ts'
import { valueOf } from '../query/run-keys.ts'
import { dependsOn, lineageOf } from '../stages/chain.ts'
import { intervalOf, meanOf, pairedTest, type PairedTest } from '../statistics.ts'
import { compareConfigurations, configuredOf, onlyDifferences } from './configurations.ts'
import { dataDifference, dataDifferenceNames } from './same-data.ts'

/** A run with its pipeline. */
export interface RunOfPipeline {
  readonly run: Run
  readonly pipeline: Pipeline
}

/** The value of one seed: the mean of the runs that have it. */
export interface SeedValue {
  /** Null for an imported run whose files do not name it. */
  readonly seed: number | null
  readonly value: number
  readonly runs: number
}

/** The values of one seed in the group of the baseline and in another group. */
export interface SeedPair {
  readonly seed: number
  readonly first: number
  readonly second: number
}

/** Runs whose configurations differ in nothing but the seed. */
export interface SeedGroup {
  readonly runIds: readonly string[]
  /** Values of the hyperparameters in which the groups differ, of this one: `Mask ratio 0.75`. */
  readonly settings: readonly string[]
  readonly isBaseline: boolean
  /** Ascending by seed. */
  readonly seeds: readonly SeedValue[]
  /** Runs that have no finite value of the metric. */
  readonly withoutValue: readonly string[]
  /** Over the seeds; null without any. */
  readonly mean: number | null
  /** Half the width of the 95 % interval of the mean; null for fewer than two seeds. */
  readonly interval: number | null
  /** The paired difference to the group of the baseline; null if there is no test, and `untested` says why. */
  readonly test: PairedTest | null
  readonly untested: string | null
  /** What the test is computed from; empty if the groups cannot be compared. */
  readonly pairs: readonly SeedPair[]
  /** Seeds that only this group or only that of the baseline has, as sentences. */
  readonly notes: readonly string[]
}

/**
 * Groups runs by their configuration apart from the seed, in order of first appearance. The group of the first run is the baseline.
 * @param key of the metric to compare, such as `test.top1`
 */
export function seedGroups(runs: readonly RunOfPipeline[], key: string): SeedGroup[] {
  const groups = [...Map.groupBy(runs, settingsKey).values()]
  const settings = settingsOf(groups)
  const measured = groups.map((members) => measure(members, key))
  const [baseline] = measured
  return measured.map((group, index): SeedGroup => {
    const common = {
      runIds: group.members.map(({ run }) => run.id),
      settings: settings[index] ?? [],
      isBaseline: index === 0,
      seeds: group.seeds,
      withoutValue: group.withoutValue,
      ...meanAndInterval(group.seeds),
    }
    if (baseline === undefined || index === 0)
      return { ...common, test: null, untested: null, pairs: [], notes: notesOf(group) }
    const { unpaired, ...tested } = compare(baseline, group)
    return { ...common, ...tested, notes: [...notesOf(group), ...unpaired] }
  })
}

/** Whether the groups say more than the runs: one of them has several seeds. */
export const hasSeeds = (groups: readonly SeedGroup[]): boolean => groups.some(({ seeds }) => seeds.length > 1)

interface Measured {
  readonly members: readonly RunOfPipeline[]
  readonly seeds: readonly SeedValue[]
  readonly withoutValue: readonly string[]
}

function measure(members: readonly RunOfPipeline[], key: string): Measured {
  const values = members.map(({ run, pipeline }) => ({
    id: run.id,
    seed: seedOf(pipeline),
    value: valueOf(key, run, pipeline),
  }))
  const bySeed = Map.groupBy(
    values.flatMap(({ seed, value }) => (isKnown(value) ? [{ seed, value }] : [])),
    ({ seed }) => seed,
  )
  return {
    members,
    seeds: [...bySeed]
      .map(([seed, of]) => ({ seed, value: meanOf(of.map(({ value }) => value)), runs: of.length }))
      .toSorted((a, b) => (a.seed ?? 0) - (b.seed ?? 0)),
    withoutValue: values.flatMap(({ id, value }) => (isKnown(value) ? [] : [id])),
  }
}

function meanAndInterval(seeds: readonly SeedValue[]): Pick<SeedGroup, 'mean' | 'interval'> {
  const values = seeds.map(({ value }) => value)
  return {
    mean: values.length === 0 ? null : meanOf(values),
    interval: values.length < 2 ? null : intervalOf(values),
  }
}

function notesOf({ seeds, withoutValue }: Measured): string[] {
  const repeated = seeds.filter(({ runs }) => runs > 1)
  return [
    ...(withoutValue.length === 0
      ? []
      : [`${formatQuantity(withoutValue.length, 'run')} without a finite value: ${formatList(withoutValue)}.`]),
    ...repeated.map(
      ({ seed, runs }) =>
        `${runs} runs of ${seed === null ? 'an unknown seed' : `seed ${seed}`} count once, with their mean.`,
    ),
  ]
}

/** The paired test of a group against the baseline, over the seeds that both have. */
function compare(
  baseline: Measured,
  group: Measured,
): Pick<SeedGroup, 'test' | 'untested' | 'pairs'> & { unpaired: readonly string[] } {
  const reason = whyNotComparable(baseline, group)
  if (reason !== undefined) return { test: null, untested: reason, pairs: [], unpaired: [] }
  const here = new Map(group.seeds.map(({ seed, value }) => [seed, value]))
  const pairs = baseline.seeds.flatMap(({ seed, value }) => {
    const second = here.get(seed)
    return second === undefined || seed === null ? [] : [{ seed, first: value, second }]
  })
  const paired = new Set<number | null>(pairs.map(({ seed }) => seed))
  const alone = ({ seeds }: Measured) => seeds.flatMap(({ seed }) => (paired.has(seed) ? [] : [String(seed)]))
  const test = pairedTest(
    pairs.map(({ first }) => first),
    pairs.map(({ second }) => second),
  )
  return {
    test: test ?? null,
    pairs,
    untested:
      test !== undefined
        ? null
        : `No test: ${formatQuantity(pairs.length, 'pair')} of equal seeds, and a test needs two.`,
    unpaired: [...named(alone(group), 'this group'), ...named(alone(baseline), 'the group of the baseline')],
  }
}

function whyNotComparable(baseline: Measured, group: Measured): string | undefined {
  const [first, second] = [baseline.members[0], group.members[0]]
  if (first === undefined || second === undefined) return undefined
  const reason = dataDifference(first, second)
  if (reason !== undefined) return `No test: ${dataDifferenceNames[reason]} than the baseline.`
  return seedOf(first.pipeline) === null || seedOf(second.pipeline) === null
    ? 'No test: the seed of an imported run is not known.'
    : undefined
}

/** Everything that decides the result of a run, except the seed. */
function settingsKey({ run: { stage, dataset, labels }, pipeline }: RunOfPipeline): string {
  const { configuration, datasetDigest } = pipeline
  // Whether an imported run differs from another in the seed alone is not known.
  if (configuration === null) return pipeline.id
  const { seed: _seed, ...general } = configuration.general
  return JSON.stringify(
    {
      stage,
      dataset,
      datasetDigest,
      labels,
      general,
      clip: configuration.clip,
      stages: lineageOf(stage, configuration).map((name) => [name, configuration[name]]),
      models: inputRoles
        .filter((role) => dependsOn(stage, role, configuration))
        .map((role) => [role, configuration.inputs[role]]),
    },
    // Equal objects may have been written with their keys in another order.
    (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  )
}

/** For each group, the settings in which the groups differ. */
function settingsOf(groups: readonly (readonly RunOfPipeline[])[]): string[][] {
  const firsts = groups.flatMap(([first]) => (first === undefined ? [] : [first]))
  const rows = onlyDifferences(compareConfigurations(firsts.map(configuredOf))).flatMap(({ section, rows }) =>
    rows.filter(({ key }) => !(section === 'general' && key === 'seed')),
  )
  return firsts.map((_, index) =>
    rows.flatMap(({ label, values }) => {
      const value = values[index]
      return value === undefined ? [] : [`${label} ${formatParameter(value)}`]
    }),
  )
}

/** The seed of a pipeline's runs; null for an imported run whose files do not name it. */
export function seedOf({ configuration, imported }: Pick<Pipeline, 'configuration' | 'imported'>): number | null {
  if (configuration !== null) return configuration.general.seed
  const seed = imported?.parameters['general.seed'] ?? imported?.parameters['seed']
  return typeof seed === 'number' ? seed : null
}

const isKnown = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const named = (seeds: readonly string[], group: string) =>
  seeds.length === 0
    ? []
    : [`Not paired: ${seeds.length === 1 ? 'seed' : 'seeds'} ${formatList(seeds)}, only in ${group}.`]
