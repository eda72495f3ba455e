import type { ResourceRequest, Resources } from '#contract/domain/resources.ts'
import type { AssignedCard, AssignedSlot } from '../executors/executor.ts'
import { type CardSupply, cardsTaken, freeCards, noCards, whyNoCards } from './cards.ts'
import { inOrder, type QueuePosition } from './order.ts'
import { fits } from './slots.ts'

export interface QueuedRun extends QueuePosition {
  /** Whether it does not start until it is released. */
  readonly isHeld: boolean
  /** Ids of the runs whose checkpoints it needs. */
  readonly inputs: readonly string[]
  readonly request: ResourceRequest
}

export interface Queue {
  /** In order of launch. */
  readonly queued: readonly QueuedRun[]
  /** Requests of the runs that occupy slots. Runs that hold cards occupy none. */
  readonly running: readonly ResourceRequest[]
  readonly slots: readonly Resources[]
  /** Numbers of the slots that are taken, as far as they are known. */
  readonly takenSlots?: ReadonlySet<number>
  /** Processors of the machine, for a run that computes alone; those of a slot by default. */
  readonly processors?: number
  /** None by default. */
  readonly cards?: CardSupply
  readonly isFinished: (runId: string) => boolean
}

/** A run to start now, with the cards or the slot that it takes. */
export interface Start {
  readonly id: string
  readonly cards: readonly AssignedCard[]
  readonly slot?: AssignedSlot
}

export interface NextRuns {
  readonly starts: readonly Start[]
  /** Why runs wait for cards, by their ids. */
  readonly waiting: ReadonlyMap<string, string>
}

/**
 * The runs to start now, in the order of the queue: those whose inputs have finished and that are not held. On a machine with
 * cards, a run that computes on cards takes as many free ones as it requests; every other run takes a free slot.
 */
export function nextRuns(queue: Queue): NextRuns {
  const { queued, cards = noCards, isFinished } = queue
  const ready = inOrder(queued.filter((run) => !run.isHeld && run.inputs.every(isFinished)))
  const onCards = ready.filter(({ request }) => cardsTaken(request, cards) > 0)
  const onSlots = ready.filter((run) => !onCards.includes(run))
  const { starts, waiting } = startOnCards(onCards, cards)
  return { starts: [...startOnSlots(onSlots, queue), ...starts], waiting }
}

/** A run that waits for several cards keeps those behind it waiting, so that it starts eventually. */
function startOnCards(ready: readonly QueuedRun[], supply: CardSupply): NextRuns {
  const free = freeCards(supply)
  const starts: Start[] = []
  const waiting = new Map<string, string>()
  const holders = new Map(supply.holders)
  for (const { id, request } of ready) {
    if (waiting.size > 0 || request.cards > free.length) {
      waiting.set(id, whyNoCards(request, { ...supply, holders }))
      continue
    }
    const cards = free.splice(0, request.cards)
    for (const { uuid } of cards) holders.set(uuid, id)
    starts.push({ id, cards })
  }
  return { starts, waiting }
}

/** One run per free slot. A run that requests more than a slot has starts only on a machine without such runs, and then alone. */
function startOnSlots(ready: readonly QueuedRun[], { running, slots, processors, takenSlots }: Queue): Start[] {
  const fitsAny = (request: ResourceRequest) => slots.some((slot) => fits(request, slot))
  if (!running.every(fitsAny)) return []
  const taken = new Set(takenSlots)
  const starts: Start[] = []
  const start = (id: string, threads: number): void => {
    let number = 1
    while (taken.has(number)) number++
    taken.add(number)
    starts.push({ id, cards: [], slot: { number, threads } })
  }
  const share = slots[0]?.processors ?? 1
  for (const { id, request } of ready) {
    const occupied = running.length + starts.length
    if (occupied >= slots.length) break
    if (!fitsAny(request)) {
      // Runs behind it wait as well, so that it starts eventually.
      if (occupied === 0) start(id, processors ?? share)
      break
    }
    start(id, share)
  }
  return starts
}
