/** Index of the tile after a key press in a grid of `count` tiles in `columns` columns. */
export function moveInGrid(key: string, index: number, columns: number, count: number): number {
  const steps: Partial<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const next = index + (steps[key] ?? 0)
  return next >= 0 && next < count ? next : index
}
