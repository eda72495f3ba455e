import { distance } from 'fastest-levenshtein'

/** The candidate with the fewest edits from `word`, ignoring case; undefined if none is near enough to be meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
  return best !== undefined && best.edits <= Math.max(2, Math.floor(word.length / 2)) ? best.candidate : undefined
}

/**
 * A hint for an unknown name: the nearest known one, if any is near, then `otherwise`.
 * @param inFull the known name as the user enters it
 */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  otherwise: string,
  inFull: (near: string) => string = (near) => near,
): string {
  const near = nearest(word, candidates)
  return near === undefined ? otherwise : `Did you mean ${inFull(near)}? ${otherwise}`
}
