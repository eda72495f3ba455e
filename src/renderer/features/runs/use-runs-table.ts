import { computed, type ComputedRef, type Ref } from 'vue'
import type { Run } from '#contract/domain/run.ts'
import { dotted } from '#contract/query/metric-keys.ts'
import { valueOf, valuesOf } from '#contract/query/run-keys.ts'
import { useRunsStore } from '../../api/runs-store.ts'
import { addressChoice, addressFlag, addressIds, addressNumber, addressText, useAddress } from '../../ui/address.ts'
import { filterRuns, useRunKeys } from '../../ui/run/filter.ts'
import { addressColumns, inOrder, type PlacedColumn } from './column-layout.ts'
import { type Column, columnsOf, defaultColumns } from './columns.ts'
import { addressSort, type SortKey } from './sort-runs.ts'
import { stepColumn, stepValueKey } from './step-columns.ts'
import { addressClosed, addressGrouping, type ClosedGroups, type Line, linesOf } from './table-lines.ts'
import { useStepValues } from './use-step-values.ts'

export const densities = ['compact', 'dense', 'comfortable'] as const
export type Density = (typeof densities)[number]
/** Height of a row in pixels. */
export const rowHeights: Readonly<Record<Density, number>> = { dense: 28, compact: 32, comfortable: 40 }

export const defaultNameWidth = 230
/** Bounds of the column of names in pixels. */
export const nameWidths = { min: 120, max: 700 } as const

/** A column as it is shown. */
export interface ShownColumn extends PlacedColumn {
  readonly column: Column
}

export interface RunsTableState {
  query: Ref<string>
  selected: Ref<readonly string[]>
  /** Run or pipeline whose details are shown beside the table; empty without. */
  details: Ref<string>
  placed: Ref<readonly PlacedColumn[]>
  nameWidth: Ref<number>
  sort: Ref<readonly SortKey[]>
  grouping: Ref<readonly string[]>
  closed: Ref<ClosedGroups>
  density: Ref<Density>
  showsArchived: Ref<boolean>
  /** Every column that the runs have. */
  columns: Readonly<Ref<readonly Column[]>>
  /** Columns of values at a step that are shown or sorted by. */
  stepColumns: ComputedRef<readonly Column[]>
  column: (key: string) => Column | undefined
  /** Columns that are shown, in their order. Those that no run has are left out. */
  shown: ComputedRef<ShownColumn[]>
  /** Runs that are listed without a filter. */
  listed: ComputedRef<Run[]>
  archivedCount: ComputedRef<number>
  found: ComputedRef<ReadonlySet<Run>>
  lines: ComputedRef<Line[]>
}

/** State of the table of runs, kept in the address, and the rows and columns that follow from it. */
export function useRunsTable(): RunsTableState {
  const store = useRunsStore()
  const keys = useRunKeys()
  const query = useAddress('filter', addressText)
  const placed = useAddress('columns', addressColumns(defaultColumns))
  const sort = useAddress('sort', addressSort)
  const grouping = useAddress('group', addressGrouping)
  const closed = useAddress('closed', addressClosed)
  const showsArchived = useAddress('archived', addressFlag)

  const read = (key: string, run: Run) => valueOf(key, run, store.pipeline(run.pipelineId))
  const columns = computed(() => columnsOf(keys.known, read))
  const byKey = computed(() => new Map(columns.value.map((column) => [column.key, column])))
  const plainColumn = (key: string) => byKey.value.get(key)
  const stepKeys = computed(() =>
    [...new Set([...placed.value, ...sort.value].map(({ key }) => key))].flatMap((key) => {
      const of = plainColumn(key) === undefined ? stepValueKey(key, plainColumn) : undefined
      const base = of === undefined ? undefined : plainColumn(dotted(of.metric))
      return of === undefined || base === undefined ? [] : [{ key, of, base }]
    }),
  )
  const readStep = useStepValues(
    () => stepKeys.value.map(({ of }) => of),
    () => store.runs,
  )
  const stepColumns = computed(() => stepKeys.value.map(({ key, of, base }) => stepColumn(key, of, base, readStep)))
  const stepByKey = computed(() => new Map(stepColumns.value.map((each) => [each.key, each])))
  const column = (key: string) => plainColumn(key) ?? stepByKey.value.get(key)

  const isArchived = (run: Run): boolean =>
    run.organization.isArchived || store.pipeline(run.pipelineId)?.organization.isArchived === true
  const archived = computed(() => new Set(store.runs.filter(isArchived)))
  const listed = computed(() =>
    showsArchived.value || archived.value.size === 0
      ? store.runs
      : store.runs.filter((run) => !archived.value.has(run)),
  )
  const found = computed(
    () =>
      new Set(
        query.value.trim() === ''
          ? listed.value
          : filterRuns(listed.value, query.value, store.pipelines, keys.searchable),
      ),
  )

  return {
    query,
    selected: useAddress('select', addressIds),
    details: useAddress('details', addressText),
    placed,
    nameWidth: useAddress('name', addressNumber(defaultNameWidth, nameWidths.min, nameWidths.max)),
    sort,
    grouping,
    closed,
    density: useAddress('density', addressChoice(densities)),
    showsArchived,
    columns,
    stepColumns,
    column,
    shown: computed(() =>
      inOrder(placed.value).flatMap((each) => {
        const known = column(each.key)
        return known === undefined ? [] : [{ ...each, column: known }]
      }),
    ),
    listed,
    archivedCount: computed(() => archived.value.size),
    found,
    lines: computed(() =>
      linesOf(listed.value, {
        groupKeys: grouping.value,
        sort: sort.value,
        closed: closed.value,
        isFound: (run) => found.value.has(run),
        column,
        valuesOf: (key, run) =>
          column(key) === undefined ? null : (valuesOf(key, run, store.pipeline(run.pipelineId)) ?? null),
      }),
    ),
  }
}
