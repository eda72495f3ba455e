import { distance } from 'fastest-levenshtein'

/** The candidate with the smallest edit distance to `word`; undefined if none is close. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= Math.max(2, Math.floor(word.length / 2)) ? best.candidate : undefined
}

/** A hint for an unknown name: the nearest known one, if there is one, then `otherwise`. `inFull` formats it as it has to be entered. */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  otherwise: string,
  inFull: (near: string) => string = (near) => near,
): string {
  const near = nearest(word, candidates)
  return near === undefined ? otherwise : `Did you mean ${inFull(near)}? ${otherwise}`
}
