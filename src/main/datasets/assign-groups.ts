import type { SplitRatio } from '#contract/domain/split-drawing.ts'
import { type Split, splits } from '#contract/domain/split.ts'

/** Videos that stay together. */
export interface VideoGroup {
  /** Number of its videos by class. */
  readonly counts: ReadonlyMap<string, number>
}

/** Work spent on pairs at most, in counts that are compared: about a second. Beyond it, splits may miss the nearest counts by a few videos. */
const comparedCounts = 1_000_000

/**
 * A split for each group, so that the counts of each class are near to the ratio: no group alone, and no pair of groups of different
 * splits, can change places to bring them nearer, measured by the sum of squares of the differences. A class with several groups has at
 * least one training and one test video, if both have a share. The result depends on the order of the groups, which is drawn by the caller.
 */
export function assignGroups(groups: readonly VideoGroup[], ratio: SplitRatio): Split[] {
  const balance = new Balance(groups, ratio)
  const assigned = groups.map((group) => {
    const split = balance.firstFit(group)
    balance.add(group, split, 1)
    return split
  })
  improve(groups, assigned, balance)
  return assigned
}

/** Moves single groups, then also exchanges pairs of a common class, while that brings the counts nearer. */
function improve(groups: readonly VideoGroup[], assigned: Split[], balance: Balance): void {
  const profiles = profilesOf(groups)
  const ofClass = membersOf(groups)
  let compared = 0
  /** What has no effect: groups with the same counts in the same split are alike until one moves. */
  let tried = new Set<number>()
  const kindOf = (index: number): number => (profiles[index] ?? 0) * splits.length + splits.indexOf(splitOf(index))
  const isSpent = (): boolean => compared > comparedCounts
  const splitOf = (index: number): Split => assigned[index] ?? 'train'

  const move = (index: number, group: VideoGroup, to: Split): void => {
    balance.add(group, splitOf(index), -1)
    balance.add(group, to, 1)
    assigned[index] = to
  }

  /** Whether a group has been moved to a better split. */
  const moved = (index: number, group: VideoGroup): boolean => {
    const from = splitOf(index)
    const before = balance.cost()
    for (const to of splits) {
      if (to === from) continue
      move(index, group, to)
      if (balance.cost() < before) return true
      move(index, group, from)
    }
    return false
  }

  /** Whether a group has been exchanged for a better one of another split. */
  const exchanged = (index: number, group: VideoGroup): boolean => {
    const from = splitOf(index)
    const before = balance.cost()
    const alike = new Set<number>()
    for (const name of group.counts.keys())
      for (const other of ofClass.get(name) ?? []) {
        const to = splitOf(other)
        const partner = groups[other]
        compared += 1
        if (to === from || partner === undefined || alike.has(kindOf(other))) continue
        alike.add(kindOf(other))
        compared += group.counts.size + partner.counts.size
        if (isSpent()) return false
        move(index, group, to)
        move(other, partner, from)
        if (balance.cost() < before) return true
        move(other, partner, to)
        move(index, group, from)
      }
    return false
  }

  const settle = (place: (index: number, group: VideoGroup) => boolean): void => {
    for (let isBetter = true; isBetter;) {
      isBetter = false
      for (const [index, group] of groups.entries()) {
        if (tried.has(kindOf(index)) || !balance.isOff(group)) continue
        tried.add(kindOf(index))
        if (isSpent()) return
        if (!place(index, group)) continue
        isBetter = true
        tried = new Set()
      }
    }
    tried = new Set()
  }
  settle(moved)
  settle((index, group) => moved(index, group) || exchanged(index, group))
}

/** A number for each group, the same for those with the same counts. */
function profilesOf(groups: readonly VideoGroup[]): number[] {
  const known = new Map<string, number>()
  /** Groups share counts. */
  const ofCounts = new Map<VideoGroup['counts'], number>()
  return groups.map(({ counts }) => {
    const seen = ofCounts.get(counts)
    if (seen !== undefined) return seen
    const text = JSON.stringify([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    const profile = known.get(text) ?? known.size
    known.set(text, profile)
    ofCounts.set(counts, profile)
    return profile
  })
}

/** Indices of the groups of each class. */
function membersOf(groups: readonly VideoGroup[]): ReadonlyMap<string, readonly number[]> {
  const members = new Map<string, number[]>()
  for (const [index, { counts }] of groups.entries())
    for (const name of counts.keys()) {
      const known = members.get(name)
      if (known === undefined) members.set(name, [index])
      else known.push(index)
    }
  return members
}

type Counts = Record<Split, number>

interface ClassBalance {
  readonly wanted: Counts
  readonly now: Counts
  /** Whether the class can be both trained and tested. */
  readonly isDivisible: boolean
}

/** How far the counts of all classes are from what is wanted. */
class Balance {
  readonly #classes = new Map<string, ClassBalance>()
  /** More than all differences together: of a missing split. */
  readonly #penalty: number
  #cost = 0

  constructor(groups: readonly VideoGroup[], ratio: SplitRatio) {
    const totals = new Map<string, { videos: number; groups: number }>()
    for (const { counts } of groups)
      for (const [name, count] of counts) {
        const known = totals.get(name) ?? { videos: 0, groups: 0 }
        totals.set(name, { videos: known.videos + count, groups: known.groups + 1 })
      }
    this.#penalty = 1 + [...totals.values()].reduce((sum, { videos }) => sum + 3 * videos ** 2, 0)
    for (const [name, { videos, groups: count }] of totals) {
      const balance = {
        wanted: splitCounts(videos, ratio),
        now: { train: 0, validation: 0, test: 0 },
        isDivisible: count > 1 && ratio.test > 0,
      }
      this.#classes.set(name, balance)
      this.#cost += this.#costOf(balance)
    }
  }

  cost(): number {
    return this.#cost
  }

  /** Whether a class of the group is not as wanted. */
  isOff({ counts }: VideoGroup): boolean {
    for (const name of counts.keys()) {
      const balance = this.#classes.get(name)
      if (balance !== undefined && splits.some((split) => balance.now[split] !== balance.wanted[split])) return true
    }
    return false
  }

  /** Test, then validation, if that brings them nearer to what is wanted; training otherwise. */
  firstFit({ counts }: VideoGroup): Split {
    const isNearer = (split: Split): boolean => {
      let change = 0
      for (const [name, count] of counts) {
        const { wanted, now } = this.#classes.get(name) ?? empty
        change += count * (count - 2 * (wanted[split] - now[split]))
      }
      return change < 0
    }
    return isNearer('test') ? 'test' : isNearer('validation') ? 'validation' : 'train'
  }

  /** Adds a group to a split (`sign` 1) or takes it away (−1). */
  add({ counts }: VideoGroup, split: Split, sign: 1 | -1): void {
    for (const [name, count] of counts) {
      const balance = this.#classes.get(name)
      if (balance === undefined) continue
      this.#cost -= this.#costOf(balance)
      balance.now[split] += sign * count
      this.#cost += this.#costOf(balance)
    }
  }

  #costOf({ wanted, now, isDivisible }: ClassBalance): number {
    let cost = isDivisible ? (Number(now.train === 0) + Number(now.test === 0)) * this.#penalty : 0
    for (const split of splits) cost += (now[split] - wanted[split]) ** 2
    return cost
  }
}

const none: Counts = { train: 0, validation: 0, test: 0 }
const empty: ClassBalance = { wanted: none, now: none, isDivisible: false }

/** Number of videos of each split, of `total` videos of one class: at least one training and one test video of two, if tests have a share. */
export function splitCounts(total: number, ratio: SplitRatio): Counts {
  if (total < 2) return { train: total, validation: 0, test: 0 }
  const share = (split: Split): number => Math.round(total * (ratio[split] / 100))
  const test = ratio.test === 0 ? 0 : Math.min(total - 1, Math.max(1, share('test')))
  const validation = Math.min(total - 1 - test, share('validation'))
  return { train: total - test - validation, validation, test }
}
