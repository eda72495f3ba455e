/** Where the keyboard stands in a list after a key, or undefined where the key means nothing to it. */
export function moveCursor(key: string, index: number, count: number): number | undefined {
  if (count === 0) return undefined
  const target = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + 10, PageUp: index - 10, Home: 0, End: count - 1 }[key]
  return target === undefined ? undefined : Math.min(count - 1, Math.max(0, target))
}

/** The set with `id` added, or taken out where it was in. */
export function toggled(selected: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(selected)
  if (!next.delete(id)) next.add(id)
  return next
}
