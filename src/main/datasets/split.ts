import { createHash } from 'node:crypto'
import type { Split } from '#contract/domain/dataset.ts'
import type { Annotation } from './formats/format.ts'

/**
 * Splits by path. Draws the missing ones: 70 % training, 10 % validation and 20 % test within each class of the first label
 * set, and at least one training and one test video if a class has two. Videos are ordered by a hash of seed and path, so
 * the result depends on nothing else. Given splits stay;
 * of several official ones, this is the first.
 */
export function drawSplits(annotations: readonly Annotation[], seed: number): Map<string, Split> {
  const splits = new Map<string, Split>()
  const strata = new Map<string, string[]>()
  for (const { path, split, splits: official, labels } of annotations) {
    const given = official === undefined ? split : Object.values(official)[0]
    if (given !== null) {
      if (given !== undefined) splits.set(path, given)
      continue
    }
    const stratum = JSON.stringify(Object.values(labels)[0] ?? null)
    const paths = strata.get(stratum)
    if (paths === undefined) strata.set(stratum, [path])
    else if (paths.at(-1) !== path) paths.push(path)
  }
  for (const paths of strata.values()) {
    const ordered = paths
      .map((path) => ({ path, rank: rank(seed, path) }))
      .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    const counts = splitCounts(ordered.length)
    for (const [index, { path }] of ordered.entries()) {
      splits.set(path, index < counts.test ? 'test' : index < counts.test + counts.validation ? 'validation' : 'train')
    }
  }
  return splits
}

/** Names of official split sets in order, of which the first is the default. Empty if there is one split, given or drawn. */
export const officialSplitSets = (annotations: readonly Annotation[]): string[] =>
  [...new Set(annotations.flatMap(({ splits }) => Object.keys(splits ?? {})))].toSorted()

/** The split of an annotation in an official split set, or its only one. Undefined if it is in none. */
export const splitIn = (
  set: string | undefined,
  { path, split, splits }: Annotation,
  drawn: ReadonlyMap<string, Split>,
): Split | undefined => (set === undefined ? (split ?? drawn.get(path)) : splits?.[set])

/** Number of videos of each split, of `total` videos of one class. */
export function splitCounts(total: number): Record<Split, number> {
  if (total < 2) return { train: total, validation: 0, test: 0 }
  const test = Math.min(total - 1, Math.max(1, Math.round(total * 0.2)))
  const validation = Math.min(total - 1 - test, Math.round(total * 0.1))
  return { train: total - test - validation, validation, test }
}

function rank(seed: number, path: string): string {
  return createHash('sha256').update(`${seed}\0${path}`).digest('hex')
}
