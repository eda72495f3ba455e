/** Index of the focused row after a key press; undefined for keys that do not move. */
export function moveCursor(key: string, index: number, count: number): number | undefined {
  if (count === 0) return undefined
  const target = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + 10,
    PageUp: index - 10,
    Home: 0,
    End: count - 1,
  }[key]
  return target === undefined ? undefined : Math.min(count - 1, Math.max(0, target))
}

/**
 * Listener for `keydown` on a list or table: arrow keys, Page Up and Down, Home and End move between rows.
 * One control of each row has the attribute `data-opens-row`. The Tab key still reaches every control.
 */
export function moveBetweenRows(event: KeyboardEvent): void {
  const { currentTarget, target } = event
  if (!(currentTarget instanceof HTMLElement) || !(target instanceof HTMLElement)) return
  const openers = [...currentTarget.querySelectorAll<HTMLElement>('[data-opens-row]')]
  const row = target.closest('tr, li')
  const index = openers.findIndex((opener) => row?.contains(opener))
  const next = index < 0 ? undefined : moveCursor(event.key, index, openers.length)
  if (next === undefined) return
  event.preventDefault()
  openers[next]?.focus()
}

/** The set with `id` added, or removed if it was in the set. */
export function toggled(selected: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(selected)
  if (!next.delete(id)) next.add(id)
  return next
}
