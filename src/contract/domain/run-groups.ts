import { formatQuantity } from '../format.ts'
import { intervalOf, meanOf, standardErrorOf } from '../statistics.ts'

/** Value of a key by which runs are grouped; null if a run has none. */
export type GroupValue = string | number | boolean | null

/** Runs that agree in the values of some keys. */
export interface Group<Item> {
  /** Distinguishes the groups of one grouping, and stays the same when runs are added. */
  readonly id: string
  /** One value for each key. */
  readonly values: readonly GroupValue[]
  /** In the order in which they were given. */
  readonly items: readonly Item[]
}

/**
 * Groups of runs, or of anything else, by the values of some keys. A missing value is a value like any other, as is NaN; `1` and
 * `"1"` differ. Without keys, everything is one group. Groups are sorted by their values (see `compareGroupValues`).
 * @param read value of a key. A list, such as the tags of a run, puts the item into a group for each value; an empty one
 * counts as a missing value.
 */
export function groupBy<Item>(
  items: readonly Item[],
  keys: readonly string[],
  read: (key: string, item: Item) => GroupValue | readonly GroupValue[],
): Group<Item>[] {
  return groupsOf(items, keys, read).toSorted((a, b) => {
    for (const [index, value] of a.values.entries()) {
      const order = compareGroupValues(value, b.values[index] ?? null)
      if (order !== 0) return order
    }
    return 0
  })
}

/** The groups of `groupBy` in the order of their first items. */
export function groupsOf<Item>(
  items: readonly Item[],
  keys: readonly string[],
  read: (key: string, item: Item) => GroupValue | readonly GroupValue[],
): Group<Item>[] {
  const groups = new Map<string, { id: string; values: GroupValue[]; items: Item[] }>()
  for (const item of items)
    for (const values of combinations(keys.map((key) => valuesOf(read(key, item))))) {
      const id = idOf(values)
      const group = groups.get(id)
      if (group === undefined) groups.set(id, { id, values, items: [item] })
      else group.items.push(item)
    }
  return [...groups.values()]
}

function valuesOf(value: GroupValue | readonly GroupValue[]): readonly GroupValue[] {
  if (!isList(value)) return [value]
  return value.length === 0 ? [null] : [...new Set(value)]
}

const isList = (value: GroupValue | readonly GroupValue[]): value is readonly GroupValue[] => Array.isArray(value)

const combinations = (lists: readonly (readonly GroupValue[])[]): GroupValue[][] =>
  lists.reduce<GroupValue[][]>((all, list) => all.flatMap((head) => list.map((value) => [...head, value])), [[]])

/** JSON has no NaN and no infinities, and does not distinguish −0. */
const idOf = (values: readonly GroupValue[]): string =>
  JSON.stringify(
    values.map((value) => (typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value)),
  )

const collator = new Intl.Collator('en', { numeric: true })

/** Numbers by size, then text as people order it (`seed-2` before `seed-10`), then NaN, then missing values. */
export function compareGroupValues(a: GroupValue, b: GroupValue): number {
  const [rankA, rankB] = [rankOf(a), rankOf(b)]
  if (rankA !== rankB) return rankA - rankB
  if (typeof a === 'number' && typeof b === 'number') return a === b || Number.isNaN(a) ? 0 : a < b ? -1 : 1
  return compareTexts(String(a), String(b))
}

/** Numbers between spaces and commas are compared by size: `ratio = 0.75` comes before `ratio = 0.9`. The collator compares their digits alone. */
const freeNumber = /(?<=^|\s)(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?=$|[\s,])/i

function compareTexts(a: string, b: string): number {
  const [partsA, partsB] = [a.split(freeNumber), b.split(freeNumber)]
  for (const [index, part] of partsA.entries()) {
    const other = partsB[index]
    if (other === undefined) return 1
    // Every second part is a number.
    const order = index % 2 === 1 ? Number(part) - Number(other) : collator.compare(part, other)
    if (order !== 0) return order
  }
  return partsA.length - partsB.length
}

function rankOf(value: GroupValue): number {
  if (value === null) return 3
  if (typeof value === 'number') return Number.isNaN(value) ? 2 : 0
  return 1
}

/** Numbers of a group in short. What is not finite is counted and never averaged. */
export interface Aggregate {
  /** Finite values: those that all other figures are of. */
  readonly count: number
  /** Values that are NaN or infinite. */
  readonly nonFinite: number
  /** Runs without a value. */
  readonly missing: number
  /** Null without a finite value. */
  readonly mean: number | null
  readonly min: number | null
  readonly max: number | null
  /** Standard error of the mean; null for fewer than two values. */
  readonly standardError: number | null
  /** Half the width of the 95 % interval of the mean by Student's t distribution; null for fewer than two values. */
  readonly interval: number | null
}

/** Aggregate of the values of a group; null is a missing value. */
export function aggregateOf(values: Iterable<number | null>): Aggregate {
  const finite: number[] = []
  let [nonFinite, missing, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value === null) missing += 1
    else if (Number.isFinite(value)) {
      finite.push(value)
      min = Math.min(min, value)
      max = Math.max(max, value)
    } else nonFinite += 1
  }
  const count = finite.length
  const isSpread = count >= 2
  return {
    count,
    nonFinite,
    missing,
    mean: count === 0 ? null : meanOf(finite),
    min: count === 0 ? null : min,
    max: count === 0 ? null : max,
    standardError: isSpread ? standardErrorOf(finite) : null,
    interval: isSpread ? intervalOf(finite) : null,
  }
}

/** What an aggregate leaves out: `2 runs without a value and 1 that is not finite are left out`; empty if nothing. */
export function leftOutOf({ missing, nonFinite }: Aggregate): string {
  const parts = [
    ...(missing === 0 ? [] : [`${formatQuantity(missing, 'run')} without a value`]),
    ...(nonFinite === 0
      ? []
      : [`${formatQuantity(nonFinite, 'value')} that ${nonFinite === 1 ? 'is' : 'are'} not finite`]),
  ]
  if (parts.length === 0) return ''
  return `${parts.join(' and ')} ${missing + nonFinite === 1 ? 'is' : 'are'} left out`
}
