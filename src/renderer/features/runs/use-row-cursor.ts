import { computed, type ComputedRef, nextTick, type Ref, ref } from 'vue'
import { moveCursor } from '../../ui/row-keys.ts'
import { extended, toggledLine } from './row-selection.ts'
import { closeGroup, type Line } from './table-lines.ts'
import type { RunsTableState } from './use-runs-table.ts'

type GroupLine = Extract<Line, { kind: 'group' }>

export interface RowCursorOptions {
  readonly state: Pick<RunsTableState, 'lines' | 'selected' | 'details' | 'closed'>
  readonly box: Readonly<Ref<HTMLElement | null>>
  /** Rows that are rendered. */
  readonly visible: Readonly<Ref<readonly { readonly line: Line }[]>>
  /** Scrolls to a row. */
  readonly show: (index: number) => void
  readonly open: (runId: string) => void
  /** The menu of a row, asked for by the keyboard. */
  readonly openMenu: (line: Line, row: HTMLElement) => void
  readonly rename: (line: Line) => void
}

export interface RowCursor {
  readonly isSelected: ComputedRef<ReadonlySet<string>>
  /** The row that the Tab key reaches: the current one, or the first run in sight if that is scrolled away. */
  readonly stop: ComputedRef<string | undefined>
  readonly moveTo: (lineId: string) => void
  /** Selects or leaves a row; with `isRange` everything from the current row on. */
  readonly toggle: (line: Line, isRange: boolean) => void
  readonly toggleGroup: (line: GroupLine, toOpen?: boolean) => void
  readonly onClick: (event: MouseEvent, line: Line) => void
  /** Keys on a row, not on the controls in it. */
  readonly onKey: (event: KeyboardEvent) => Promise<void>
  readonly focusRow: (lineId: string) => Promise<void>
}

/** The current row of the table and the selection, by mouse and keyboard. */
export function useRowCursor(options: RowCursorOptions): RowCursor {
  const { box, visible, show } = options
  const { lines, selected, details, closed } = options.state
  const isSelected = computed(() => new Set(selected.value))
  const cursor = ref<string>()
  /** Where the selection with Shift starts, and what was selected before. */
  let anchor: { id: string; selection: ReadonlySet<string> } | undefined

  const indexOf = computed(() => new Map(lines.value.map(({ id }, index) => [id, index])))
  const current = computed(() =>
    cursor.value !== undefined && indexOf.value.has(cursor.value)
      ? cursor.value
      : (lines.value.find(({ kind }) => kind === 'run') ?? lines.value[0])?.id,
  )
  const stop = computed(() => {
    if (visible.value.some(({ line }) => line.id === current.value)) return current.value
    return (visible.value.find(({ line }) => line.kind === 'run') ?? visible.value[0])?.line.id
  })

  /** Selects everything from the anchor to a row, in addition to what was selected before. */
  function extendTo(line: Line): void {
    anchor ??= { id: current.value ?? line.id, selection: isSelected.value }
    const from = indexOf.value.get(anchor.id) ?? 0
    selected.value = extended(anchor.selection, lines.value, from, indexOf.value.get(line.id) ?? from)
  }

  function toggle(line: Line, isRange: boolean): void {
    if (line.kind === 'run' && isRange && current.value !== undefined) extendTo(line)
    else {
      selected.value = toggledLine(selected.value, line)
      if (line.kind === 'run') anchor = { id: line.id, selection: isSelected.value }
    }
    cursor.value = line.id
  }

  const toggleGroup = (line: GroupLine, toOpen = !line.isOpen): void => {
    closed.value = closeGroup(closed.value, line.group, !toOpen)
  }

  function onClick(event: MouseEvent, line: Line): void {
    cursor.value = line.id
    if (line.kind === 'group') return toggleGroup(line)
    if (event.shiftKey) return extendTo(line)
    if (event.ctrlKey || event.metaKey) return toggle(line, false)
    details.value = line.run.id
  }

  /** Keys that act on the row; the others move. */
  function actOn(event: KeyboardEvent, line: Line, row: HTMLElement): boolean {
    if (line.kind === 'group' && (event.key === 'ArrowLeft' || event.key === 'ArrowRight'))
      toggleGroup(line, event.key === 'ArrowRight')
    else if (event.key === ' ') toggle(line, false)
    else if (event.key === 'F2') options.rename(line)
    else if (event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) options.openMenu(line, row)
    else if (event.key !== 'Enter') return false
    else if (line.kind === 'group') toggleGroup(line)
    else if (event.shiftKey) details.value = line.run.id
    else options.open(line.run.id)
    return true
  }

  async function onKey(event: KeyboardEvent): Promise<void> {
    const index = current.value === undefined ? undefined : indexOf.value.get(current.value)
    const line = index === undefined ? undefined : lines.value[index]
    if (line === undefined || index === undefined || !(event.target instanceof HTMLTableRowElement)) return
    if (actOn(event, line, event.target)) return event.preventDefault()
    const target = moveCursor(event.key, index, lines.value.length)
    const next = target === undefined ? undefined : lines.value[target]
    if (next === undefined) return
    event.preventDefault()
    if (event.shiftKey) extendTo(next)
    else anchor = undefined
    cursor.value = next.id
    // The details follow the cursor while they are shown.
    if (details.value !== '' && next.kind === 'run') details.value = next.run.id
    await focusRow(next.id)
  }

  async function focusRow(id: string): Promise<void> {
    const index = indexOf.value.get(id) ?? 0
    const row = () => box.value?.querySelector<HTMLElement>(`tbody tr[aria-rowindex="${index + 2}"]`)
    await nextTick()
    if (!row()) {
      show(index)
      for (let frames = 0; frames < 5 && !row(); frames++)
        await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    row()?.focus()
  }

  return { isSelected, stop, moveTo: (id) => (cursor.value = id), toggle, toggleGroup, onClick, onKey, focusRow }
}
