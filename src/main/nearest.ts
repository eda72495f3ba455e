/** The candidate that takes the fewest single-letter edits to reach, if it is near enough to be what was meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= Math.max(2, Math.floor(word.length / 2)) ? best.candidate : undefined
}

/** A hint after a name that is not known: the nearest one that is, if any is near, then what to do otherwise. `inFull` writes it as it is to be entered. */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  otherwise: string,
  inFull: (near: string) => string = (near) => near,
): string {
  const near = nearest(word, candidates)
  return near === undefined ? otherwise : `Did you mean ${inFull(near)}? ${otherwise}`
}

/** Levenshtein distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1))
    }
    previous = current
  }
  return at(previous, b.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? 0
