import { hash } from 'node:crypto'
import { StudioError } from '#contract/api/errors.ts'
import { defaultDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import { type Split, splits as allSplits } from '#contract/domain/split.ts'
import { assignGroups, type VideoGroup } from './assign-groups.ts'
import type { Annotation } from './formats/format.ts'
import { type CopiedVideo, findGroups } from './split-groups.ts'

/** Splits by path, and how those that are not given were drawn. */
export interface DrawnSplits {
  readonly splits: ReadonlyMap<string, Split>
  /** Videos whose split was drawn. */
  readonly drawn: number
  readonly warnings: readonly string[]
}

/**
 * Draws the missing splits of each class of the first label set, near to a ratio and with groups kept together; see `assignGroups`. Groups
 * are ordered by a hash of seed and name, so the result depends on nothing else. Given splits stay, and the rest of their group follows
 * them; of several official ones, this is the first.
 * @param drawing undefined if the user has chosen nothing
 * @param classDepth folders at the top of each path that name its class
 * @param copies for a grouping by near duplicates
 * @throws StudioError `bad-request` that names the field of a drawing by which no splits can be drawn
 */
export function drawSplits(
  annotations: readonly Annotation[],
  drawing: SplitDrawing | undefined,
  classDepth = 0,
  copies: readonly CopiedVideo[] = [],
): DrawnSplits {
  const { ratio, seed, groupBy } = drawing ?? defaultDrawing
  const splits = new Map<string, Split>()
  /** Classes of the videos whose splits are drawn, each with the count 1. Videos of one class alone share them. */
  const classes = new Map<string, Counts>()
  const ofOne = new Map<string | null, Counts>()
  for (const { path, split, splits: official, labels } of annotations) {
    const given = official === undefined ? split : Object.values(official)[0]
    if (given === null) {
      const label = Object.values(labels)[0] ?? null
      const one = ofOne.get(label) ?? new Map([[JSON.stringify(label), 1]])
      ofOne.set(label, one)
      const others = classes.get(path)
      classes.set(path, others === undefined || others === one ? one : new Map([...others, ...one]))
    } else if (given !== undefined) splits.set(path, given)
  }
  if (classes.size === 0) {
    if (drawing !== undefined) throw nothingDrawn()
    return { splits, drawn: 0, warnings: [] }
  }
  const paths = groupBy.by === 'none' ? [] : [...new Set([...splits.keys(), ...classes.keys()])]
  const { groupOf, warnings } = findGroups(paths, groupBy, classDepth, copies)
  const given = givenSplits(splits, groupOf)
  const groups = new Map<string, DrawnGroup & { readonly counts: Map<string, number> }>()
  const alone: DrawnGroup[] = []
  for (const [path, counts] of classes) {
    const name = groupOf(path)
    const followed = name === undefined ? undefined : given.get(name)
    const group = name === undefined ? undefined : groups.get(name)
    if (followed !== undefined) splits.set(path, followed)
    else if (name === undefined) alone.push({ key: `video ${path}`, rank: rank(seed, path), paths: [path], counts })
    else if (group === undefined)
      groups.set(name, { key: `group ${name}`, rank: rank(seed, name), paths: [path], counts: new Map(counts) })
    else {
      group.paths.push(path)
      for (const one of counts.keys()) group.counts.set(one, (group.counts.get(one) ?? 0) + 1)
    }
  }
  const ordered = [...alone, ...groups.values()].toSorted(byRank)
  const assigned = assignGroups(ordered, ratio)
  for (const [index, { paths }] of ordered.entries())
    for (const path of paths) splits.set(path, assigned[index] ?? 'train')
  return { splits, drawn: classes.size, warnings }
}

/** Numbers of videos by class. */
type Counts = VideoGroup['counts']

interface DrawnGroup extends VideoGroup {
  readonly key: string
  readonly rank: string
  readonly paths: string[]
}

const byRank = (a: DrawnGroup, b: DrawnGroup): number =>
  a.rank === b.rank ? (a.key < b.key ? -1 : 1) : a.rank < b.rank ? -1 : 1

const nothingDrawn = (): StudioError =>
  new StudioError(
    'bad-request',
    'drawing: the folder gives the split of every video, so none can be drawn.',
    'Leave out the ratio, the seed and the grouping, or remove the splits from the folder or its lists.',
  )

/** Splits that a folder gives to videos of a group, by group. Of several, the one of most videos. */
function givenSplits(
  splits: ReadonlyMap<string, Split>,
  groupOf: (path: string) => string | undefined,
): ReadonlyMap<string, Split> {
  const counts = new Map<string, Record<Split, number>>()
  for (const [path, split] of splits) {
    const name = groupOf(path)
    if (name === undefined) continue
    const known = counts.get(name) ?? { train: 0, validation: 0, test: 0 }
    known[split] += 1
    counts.set(name, known)
  }
  return new Map(
    [...counts].map(([name, of]) => [name, allSplits.reduce((most, split) => (of[split] > of[most] ? split : most))]),
  )
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

function rank(seed: number, path: string): string {
  return hash('sha256', `${seed}\0${path}`, 'hex')
}
