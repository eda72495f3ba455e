import { formatParameter } from '../configuration/parameters.ts'
import { inputRoles } from '../domain/model-ref.ts'
import type { Pipeline } from '../domain/pipeline.ts'
import type { Run } from '../domain/run.ts'
import { formatList, formatQuantity } from '../format.ts'
import { valueOf } from '../query/run-keys.ts'
import { dependsOn, lineageOf } from '../stages/chain.ts'
import { intervalOf, meanOf, pairedTest, type PairedTest } from '../statistics.ts'
import { compareConfigurations, configuredOf, onlyDifferences } from './configurations.ts'
import { type DataDifference, dataDifference, dataDifferenceNames } from './same-data.ts'

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

/** A hyperparameter by its label, with its value as text. */
export interface SeedSetting {
  readonly label: string
  readonly value: string
}

/** `Mask ratio 0.75, Drop path 0.1` */
export const settingsText = (settings: readonly SeedSetting[]): string =>
  settings.map(({ label, value }) => `${label} ${value}`).join(', ')

/** Why there is no test, or what the mean and the test leave out. */
export type SeedNote =
  | { readonly kind: 'other-data'; readonly reason: DataDifference }
  | { readonly kind: 'few-pairs'; readonly pairs: number }
  | { readonly kind: 'without-value'; readonly runIds: readonly string[] }
  | { readonly kind: 'repeated'; readonly seed: number | null; readonly runs: number }
  | { readonly kind: 'unknown-seed' }
  | { readonly kind: 'unpaired'; readonly seeds: readonly number[]; readonly isBaseline: boolean }

/** A note as an English sentence. */
export function seedNoteText(note: SeedNote): string {
  switch (note.kind) {
    case 'other-data':
      return `No test: ${dataDifferenceNames[note.reason]} than the baseline.`
    case 'few-pairs':
      return `No test: ${formatQuantity(note.pairs, 'pair')} of equal seeds, and a test needs two.`
    case 'without-value':
      return `${formatQuantity(note.runIds.length, 'run')} without a finite value: ${formatList(note.runIds)}.`
    case 'repeated':
      return `${note.runs} runs of ${note.seed === null ? 'an unknown seed' : `seed ${note.seed}`} count once, with their mean.`
    case 'unknown-seed':
      return 'No test: the seed of an imported run is not known.'
    case 'unpaired':
      return `Not paired: ${note.seeds.length === 1 ? 'seed' : 'seeds'} ${formatList(note.seeds.map(String))}, only in ${note.isBaseline ? 'the group of the baseline' : 'this group'}.`
  }
}

/** Runs whose configurations differ in nothing but the seed. */
export interface SeedGroup {
  readonly runIds: readonly string[]
  /** The hyperparameters in which the groups differ, with the values of this one. */
  readonly settings: readonly SeedSetting[]
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
  readonly untested: SeedNote | null
  /** What the test is computed from; empty if the groups cannot be compared. */
  readonly pairs: readonly SeedPair[]
  /** What was left out, and seeds that only this group or only that of the baseline has. */
  readonly notes: readonly SeedNote[]
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

function notesOf({ seeds, withoutValue }: Measured): SeedNote[] {
  return [
    ...(withoutValue.length === 0 ? [] : [{ kind: 'without-value' as const, runIds: withoutValue }]),
    ...seeds.flatMap(({ seed, runs }): SeedNote[] => (runs > 1 ? [{ kind: 'repeated', seed, runs }] : [])),
  ]
}

/** The paired test of a group against the baseline, over the seeds that both have. */
function compare(
  baseline: Measured,
  group: Measured,
): Pick<SeedGroup, 'test' | 'untested' | 'pairs'> & { unpaired: readonly SeedNote[] } {
  const reason = whyNotComparable(baseline, group)
  if (reason !== undefined) return { test: null, untested: reason, pairs: [], unpaired: [] }
  const here = new Map(group.seeds.map(({ seed, value }) => [seed, value]))
  const pairs = baseline.seeds.flatMap(({ seed, value }) => {
    const second = here.get(seed)
    return second === undefined || seed === null ? [] : [{ seed, first: value, second }]
  })
  const paired = new Set<number | null>(pairs.map(({ seed }) => seed))
  const unpaired = ({ seeds }: Measured, isBaseline: boolean): SeedNote[] => {
    const alone = seeds.flatMap(({ seed }) => (seed === null || paired.has(seed) ? [] : [seed]))
    return alone.length === 0 ? [] : [{ kind: 'unpaired', seeds: alone, isBaseline }]
  }
  const test = pairedTest(
    pairs.map(({ first }) => first),
    pairs.map(({ second }) => second),
  )
  return {
    test: test ?? null,
    pairs,
    untested: test !== undefined ? null : { kind: 'few-pairs', pairs: pairs.length },
    unpaired: [...unpaired(group, false), ...unpaired(baseline, true)],
  }
}

function whyNotComparable(baseline: Measured, group: Measured): SeedNote | undefined {
  const [first, second] = [baseline.members[0], group.members[0]]
  if (first === undefined || second === undefined) return undefined
  const reason = dataDifference(first, second)
  if (reason !== undefined) return { kind: 'other-data', reason }
  return seedOf(first.pipeline) === null || seedOf(second.pipeline) === null ? { kind: 'unknown-seed' } : undefined
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
function settingsOf(groups: readonly (readonly RunOfPipeline[])[]): SeedSetting[][] {
  const firsts = groups.flatMap(([first]) => (first === undefined ? [] : [first]))
  const rows = onlyDifferences(compareConfigurations(firsts.map(configuredOf))).flatMap(({ section, rows }) =>
    rows.filter(({ key }) => !(section === 'general' && key === 'seed')),
  )
  return firsts.map((_, index) =>
    rows.flatMap(({ label, values }) => {
      const value = values[index]
      return value === undefined ? [] : [{ label, value: formatParameter(value) }]
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
