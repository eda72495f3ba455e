import { openKernel } from '../../../optimizer/adamw-kernel/kernel.ts'
import { clippingScale, updateNumbers, type UpdateSchedule } from '../../../optimizer/adamw-kernel/numbers.ts'
import type { AdamWSettings, ParameterGroup } from '../../../optimizer/adamw.ts'
import type { TrainingProgram } from '../../program/engine.ts'
import { sizeOf } from '../../record/graph/graph.ts'
import { regionsOf, type SharedRegions } from './host-memory.ts'
import type { Layout } from './memory-layout.ts'

/** Where one parameter lies in each region, and how the optimizer treats it. */
interface ShareSlot {
  readonly offset: number
  readonly size: number
  readonly group: ParameterGroup
}

/** The part of the parameters that one thread updates; plain data, so that it can be sent there. */
export interface UpdateShare extends SharedRegions {
  readonly settings: AdamWSettings
  readonly slots: readonly ShareSlot[]
}

/** What a thread does of an update. */
export interface Updater<Numbers, Done> {
  /** Adds the gradients of the other members to those of the first, in their order; gives Σ (sum / terms)² for each of its parameters. */
  sum(terms: number): Numbers
  /** Updates parameters and moments by the mean of the summed gradients. */
  update(schedule: UpdateSchedule): Done
}

/** Deals the parameters to `count` threads, in their order and about the same number of elements to each. */
export function shareUpdate(
  { groups, optimizer }: TrainingProgram,
  { slots }: Layout,
  shared: SharedRegions,
  count: number,
): UpdateShare[] {
  const all = [...slots].flatMap(([name, { offset, shape }]): ShareSlot[] => {
    const group = groups[name]
    return group === undefined ? [] : [{ offset, size: sizeOf(shape), group }]
  })
  return shareOut(all, ({ size }) => size, count).map((own) => ({ ...shared, settings: optimizer, slots: own }))
}

/** Deals items to `count` shares of about the same total size, in their order. */
export function shareOut<T>(items: readonly T[], sizeOfItem: (item: T) => number, count: number): T[][] {
  const total = items.reduce((sum, item) => sum + sizeOfItem(item), 0)
  const shares = Array.from({ length: count }, (): T[] => [])
  let before = 0
  for (const item of items) {
    const middle = before + sizeOfItem(item) / 2
    shares[Math.min(count - 1, Math.floor((middle / total) * count))]?.push(item)
    before += sizeOfItem(item)
  }
  return shares
}

const part = (region: Float32Array, { offset, size }: ShareSlot): Float32Array => region.subarray(offset, offset + size)

/** Updates a share on this thread. */
export function openUpdater(share: UpdateShare): Updater<number[], void> {
  const kernel = openKernel(share.memory)
  const regions = regionsOf(share)
  const [first, ...others] = regions.gradients
  if (first === undefined) throw new Error('There are no gradients to update by.')
  return {
    sum: (terms) =>
      share.slots.map((slot) => {
        for (const other of others) kernel.add(part(first, slot), part(other, slot))
        return kernel.sumOfSquares(part(first, slot), Math.fround(1 / terms))
      }),
    update(schedule) {
      for (const slot of share.slots) {
        const updated = {
          parameter: part(regions.parameters, slot),
          firstMoment: part(regions.firstMoments, slot),
          secondMoment: part(regions.secondMoments, slot),
          gradient: part(first, slot),
        }
        kernel.update(updated, updateNumbers(share.settings, slot.group, schedule))
      }
    },
  }
}

/**
 * One optimizer step by the gradients of all members, of which each updater does its share; gives the global norm before clipping.
 * Sums are taken in the order of members and parameters, so that the number of updaters changes no bit. A norm that is not `isWanted` ends it there.
 */
export async function updateState(
  updaters: readonly Updater<Promise<number[]>, Promise<void>>[],
  { clipGradient }: AdamWSettings,
  schedule: Omit<UpdateSchedule, 'gradientScale'>,
  isWanted: (norm: number) => boolean = () => true,
): Promise<number> {
  const squares = await settleAll(updaters.map((updater) => updater.sum(schedule.terms)))
  const norm = Math.fround(Math.sqrt(squares.flat().reduce((sum, square) => sum + square, 0)))
  if (isWanted(norm))
    await settleAll(
      updaters.map((updater) => updater.update({ ...schedule, gradientScale: clippingScale(norm, clipGradient) })),
    )
  return norm
}

/** Waits for all, then throws the first error of those that failed: nothing writes to shared memory any more. */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises)
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
