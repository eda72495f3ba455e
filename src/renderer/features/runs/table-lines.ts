import { type Group, groupBy, groupsOf, type GroupValue } from '#contract/domain/run-groups.ts'
import type { Run } from '#contract/domain/run.ts'
import type { KeyValue } from '#contract/query/key.ts'
import type { AddressCodec } from '../../ui/address.ts'
import { type Column, isAveraged } from './columns.ts'
import { groupMean } from './group-summary.ts'
import { escapeKey, sortBy, type SortKey, unescapeKey } from './sort-runs.ts'

/** A row of the table: the heading of a group, or a run. */
export type Line =
  | {
      readonly kind: 'group'
      readonly id: string
      readonly group: string
      readonly values: readonly GroupValue[]
      /** Every run of the group; the heading is about these. */
      readonly all: readonly Run[]
      /** The runs that the filter found, sorted. */
      readonly found: readonly Run[]
      readonly isOpen: boolean
    }
  | { readonly kind: 'run'; readonly id: string; readonly group: string | undefined; readonly run: Run }

export interface LineOptions {
  /** Keys by which runs are grouped; none for a flat list. */
  readonly groupKeys: readonly string[]
  readonly sort: readonly SortKey[]
  readonly closed: ClosedGroups
  readonly isFound: (run: Run) => boolean
  readonly column: (key: string) => Column | undefined
  /** Value of a key for grouping; the tags of a run are a list. */
  readonly valuesOf: (key: string, run: Run) => GroupValue | readonly GroupValue[]
}

/** The rows of the table, in order. Groups without a run that the filter found are left out. */
export function linesOf(runs: readonly Run[], options: LineOptions): Line[] {
  const { groupKeys, isFound, sort, closed } = options
  const read = (key: string, run: Run): KeyValue => options.column(key)?.read(run) ?? null
  if (groupKeys.length === 0)
    return sortBy(runs.filter(isFound), sort, read).map((run) => ({
      kind: 'run',
      id: run.id,
      group: undefined,
      run,
    }))
  const isByPipeline = groupKeys.length === 1 && groupKeys[0] === 'pipeline'
  const groups = (isByPipeline ? groupsOf : groupBy)(runs, groupKeys, options.valuesOf)
    .map((group) => ({ ...group, found: sortBy(group.items.filter(isFound), sort, read) }))
    .filter(({ found }) => found.length > 0)
  return sortedGroups(groups, runs, options).flatMap((group): Line[] => {
    const isOpen = !isClosed(closed, group.id)
    const heading: Line = {
      kind: 'group',
      id: `group/${group.id}`,
      group: group.id,
      values: group.values,
      all: group.items,
      found: group.found,
      isOpen,
    }
    const members = isOpen ? group.found : []
    return [
      heading,
      ...members.map((run): Line => ({ kind: 'run', id: `${group.id} ${run.id}`, group: group.id, run })),
    ]
  })
}

type FilteredGroup = Group<Run> & { readonly found: readonly Run[] }

/**
 * Groups in the order of the sort: by their mean over all runs if the column is averaged, by their own value if it is a key of
 * the grouping, otherwise by the first run they show. Without a sort, groups of pipelines keep the order of the runs.
 */
function sortedGroups(groups: readonly FilteredGroup[], runs: readonly Run[], options: LineOptions): FilteredGroup[] {
  const { groupKeys, sort, column } = options
  return sortBy(naturalOrder(groups, runs, groupKeys), sort, (key, group) => {
    const own = groupKeys.indexOf(key)
    const value = group.values[own]
    if (own >= 0 && value !== undefined) return typeof value === 'boolean' ? Number(value) : value
    const found = column(key)
    if (found === undefined) return null
    if (isAveraged(found)) return groupMean(found, group.items)
    const [run] = group.found
    return run === undefined ? null : found.read(run)
  })
}

/** Groups by pipeline alone have the order of the runs already. */
function naturalOrder(
  groups: readonly FilteredGroup[],
  runs: readonly Run[],
  groupKeys: readonly string[],
): readonly FilteredGroup[] {
  if (groupKeys[0] !== 'pipeline' || groupKeys.length === 1) return groups
  const position = new Map(runs.map((run, index) => [run, index]))
  const first = ({ items: [run] }: FilteredGroup) => (run === undefined ? 0 : (position.get(run) ?? 0))
  return groups.toSorted((a, b) => first(a) - first(b))
}

/** Which groups are closed: some, or all but some. */
export interface ClosedGroups {
  readonly isAll: boolean
  /** Groups that differ from the others. */
  readonly except: readonly string[]
}

export const isClosed = ({ isAll, except }: ClosedGroups, id: string): boolean => except.includes(id) !== isAll

export const closeGroup = (closed: ClosedGroups, id: string, toClosed: boolean): ClosedGroups =>
  isClosed(closed, id) === toClosed
    ? closed
    : {
        ...closed,
        except: closed.except.includes(id) ? closed.except.filter((other) => other !== id) : [...closed.except, id],
      }

/** Closed groups in an address: `id,id`, or `all,id,id` for all but these. */
export const addressClosed: AddressCodec<ClosedGroups> = {
  read(text) {
    const ids = (text ?? '').split(',').filter((id) => id !== '')
    const isAll = ids[0] === 'all'
    return { isAll, except: (isAll ? ids.slice(1) : ids).map(unescapeKey) }
  },
  write: ({ isAll, except }) =>
    !isAll && except.length === 0 ? undefined : [...(isAll ? ['all'] : []), ...except.map(escapeKey)].join(','),
}

/** Keys of the grouping in an address; `none` for a flat list. */
export const addressGrouping: AddressCodec<readonly string[]> = {
  read: (text) =>
    text === undefined
      ? ['pipeline']
      : text === 'none'
        ? []
        : [...new Set(text.split(',').map(unescapeKey))].filter((key) => key !== ''),
  write: (keys) =>
    keys.length === 0
      ? 'none'
      : keys.length === 1 && keys[0] === 'pipeline'
        ? undefined
        : keys.map(escapeKey).join(','),
}

/** Ids of the runs from one row to another, both included. Headings are skipped. */
export function runsBetween(lines: readonly Line[], from: number, to: number): string[] {
  const [start, end] = from <= to ? [from, to] : [to, from]
  return lines.slice(start, end + 1).flatMap((line) => (line.kind === 'run' ? [line.run.id] : []))
}
