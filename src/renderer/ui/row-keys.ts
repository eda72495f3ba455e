/** Where the keyboard stands in a list after a key, or undefined where the key means nothing to it. */
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
 * Lets arrow keys, Page Up and Down, Home and End move between the rows of a list or table: a listener for `keydown` on it.
 * In each row one control carries `data-opens-row`; the Tab key reaches that and all others as ever.
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
