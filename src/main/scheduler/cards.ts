import type { Card, CardStatus } from '#contract/domain/card.ts'
import type { ResourceRequest } from '#contract/domain/resources.ts'
import { formatBytes, formatList } from '#contract/format.ts'
import type { AssignedCard } from '../executors/executor.ts'

/** The cards that runs may take, and who has them. */
export interface CardSupply {
  /** In the order in which CUDA counts them. */
  readonly cards: readonly Card[]
  /** Runs that hold a card, by its UUID. */
  readonly holders: ReadonlyMap<string, string>
}

export const noCards: CardSupply = { cards: [], holders: new Map() }

/** Whether a run takes cards on a machine that has some. */
export const mayTakeCards = ({ card, cards }: ResourceRequest): boolean => card !== 'none' && cards > 0

/** Cards that a run takes for itself: none if the machine has none for runs, or fewer than requested, which its process then reports. */
export const cardsTaken = (request: ResourceRequest, { cards }: CardSupply): number =>
  mayTakeCards(request) && request.cards <= cards.length ? request.cards : 0

/** Memory of other programs up to which a card counts as free: a desktop uses some. */
const otherProgramsBytes = 1.5 * 2 ** 30
const otherProgramsShare = 0.1

/** Why no run can take a card, as the end of a sentence about it; undefined if it is free. */
export function whyUnavailable(card: Card, holders: CardSupply['holders']): string | undefined {
  const run = holders.get(card.uuid)
  if (run !== undefined) return `is in use by the run ${run}`
  const { usedMemoryBytes, memoryBytes, processes, isExclusive } = card
  const ofProcesses = processes.reduce((sum, { memoryBytes: bytes }) => sum + (bytes ?? 0), 0)
  const usedBytes = usedMemoryBytes ?? ofProcesses
  const ids =
    processes.length === 0
      ? ''
      : `, ${processes.length === 1 ? 'process' : 'processes'} ${formatList(processes.map(({ pid }) => String(pid)))}`
  if (usedBytes > Math.max(otherProgramsBytes, otherProgramsShare * (memoryBytes ?? 0))) {
    const of = memoryBytes === null ? '' : ` of ${formatBytes(memoryBytes)}`
    return `is in use by other programs (${formatBytes(usedBytes)}${of}${ids})`
  }
  if (isExclusive && processes.length > 0)
    return `serves one process at a time and is in use by another program${ids.replace(',', ':')}`
  return undefined
}

/** The cards that a run can take, in their order. */
export function freeCards({ cards, holders }: CardSupply): AssignedCard[] {
  return cards
    .map(({ uuid }, number) => ({ uuid, number }))
    .filter((_, number) => {
      const card = cards[number]
      return card !== undefined && whyUnavailable(card, holders) === undefined
    })
}

/** Why a run with this request cannot have its cards now: one sentence. */
export function whyNoCards({ cards: wanted }: ResourceRequest, { cards, holders }: CardSupply): string {
  const reasons = cards.flatMap((card) => {
    const why = whyUnavailable(card, holders)
    return why === undefined ? [] : [`card ${card.index} ${why}`]
  })
  const needs = wanted === 1 ? 'a graphics card' : `${wanted} graphics cards`
  return reasons.length === 0
    ? `Waits for ${needs}, after the runs before it.`
    : `Waits for ${needs}: ${formatList(reasons)}.`
}

/**
 * Every card of a machine as it is shown.
 * @param visible those that `CUDA_VISIBLE_DEVICES` leaves
 */
export const cardStatuses = (
  all: readonly Card[],
  visible: readonly Card[],
  holders: CardSupply['holders'],
): CardStatus[] =>
  all.map((card) => ({
    ...card,
    heldBy: holders.get(card.uuid) ?? null,
    unavailable:
      whyUnavailable(card, holders) ??
      (visible.some(({ uuid }) => uuid === card.uuid) ? null : 'is hidden by CUDA_VISIBLE_DEVICES'),
  }))
