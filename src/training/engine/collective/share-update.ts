import { openKernel, type AdamWKernel } from '../../optimizer/adamw-kernel/kernel.ts'
import { updateNumbers, type UpdateSchedule } from '../../optimizer/adamw-kernel/numbers.ts'
import type { AdamWSettings, ParameterGroup } from '../../optimizer/adamw.ts'
import type { TrainingProgram } from '../program/engine.ts'
import { sizeOf } from '../record/graph/graph.ts'
import type { Layout } from '../run/onnx/memory-layout.ts'
import { regionsOf, type Regions, type SharedRegions } from './host-memory.ts'

/** Position of one parameter in each region, and how the optimizer treats it. */
interface ShareSlot {
  readonly offset: number
  readonly size: number
  readonly group: ParameterGroup
}

/** The parameters that one rank reduces and updates. Plain data, so that it can be sent to a thread. */
export interface UpdateShare extends SharedRegions {
  readonly settings: AdamWSettings
  readonly slots: readonly ShareSlot[]
}

/** Splits the parameters among `count` ranks, in their order and about equal in size. */
export function updateShares(
  { groups, optimizer }: TrainingProgram,
  { slots }: Layout,
  shared: SharedRegions,
  count: number,
): UpdateShare[] {
  const all = [...slots].flatMap(([name, { offset, shape }]): ShareSlot[] => {
    const group = groups[name]
    return group === undefined ? [] : [{ offset, size: sizeOf(shape), group }]
  })
  return splitEvenly(all, ({ size }) => size, count).map((own) => ({ ...shared, settings: optimizer, slots: own }))
}

/** Splits items into `count` runs of about the same total size. */
export function splitEvenly<T>(items: readonly T[], sizeOfItem: (item: T) => number, count: number): T[][] {
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

const slice = (region: Float32Array, { offset, size }: ShareSlot): Float32Array =>
  region.subarray(offset, offset + size)

/** Reduces and updates one share on the current thread. */
export class ShareUpdater {
  readonly #share: UpdateShare
  readonly #kernel: AdamWKernel
  readonly #regions: Regions

  constructor(share: UpdateShare) {
    this.#share = share
    this.#kernel = openKernel(share.memory)
    this.#regions = regionsOf(share)
  }

  /**
   * Adds the gradients of all ranks to those of the first, in rank order.
   * @param terms gradients in each sum
   * @returns Σ (sum / terms)² of each parameter: its squared mean gradient
   */
  reduce(terms: number): number[] {
    const [first, ...others] = this.#regions.gradients
    return this.#share.slots.map((slot) => {
      for (const other of others) this.#kernel.add(slice(first, slot), slice(other, slot))
      return this.#kernel.sumOfSquares(slice(first, slot), Math.fround(1 / terms))
    })
  }

  /** Updates parameters and moments by the mean of the reduced gradients. */
  update(schedule: UpdateSchedule): void {
    const { parameters, firstMoments, secondMoments, gradients } = this.#regions
    for (const slot of this.#share.slots) {
      const updated = {
        parameter: slice(parameters, slot),
        firstMoment: slice(firstMoments, slot),
        secondMoment: slice(secondMoments, slot),
        gradient: slice(gradients[0], slot),
      }
      this.#kernel.update(updated, updateNumbers(this.#share.settings, slot.group, schedule))
    }
  }
}
