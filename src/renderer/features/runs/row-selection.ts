import { toggled } from '../../ui/row-keys.ts'
import { type Line, runsBetween } from './table-lines.ts'

/** The selection after a run was chosen or left, or a heading: then all runs that it shows. */
export function toggledLine(selected: readonly string[], line: Line): readonly string[] {
  const isSelected = new Set(selected)
  if (line.kind === 'run') return [...toggled(isSelected, line.run.id)]
  const ids = new Set(line.found.map((run) => run.id))
  return [...ids].every((id) => isSelected.has(id))
    ? selected.filter((id) => !ids.has(id))
    : [...new Set([...selected, ...ids])]
}

/** What was selected before, with all runs between two rows. */
export const extended = (
  before: ReadonlySet<string>,
  lines: readonly Line[],
  from: number,
  to: number,
): readonly string[] => [...new Set([...before, ...runsBetween(lines, from, to)])]

/** Whether all of some runs are selected, or some. */
export function selectionOf(ids: readonly string[], isSelected: ReadonlySet<string>): boolean | 'indeterminate' {
  const count = ids.reduce((sum, id) => sum + (isSelected.has(id) ? 1 : 0), 0)
  return count === 0 ? false : count === ids.length ? true : 'indeterminate'
}
