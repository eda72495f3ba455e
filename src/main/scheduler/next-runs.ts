import type { ResourceRequest, Resources } from '#contract/domain/resources.ts'
import type { AssignedCard } from '../executors/executor.ts'
import { type CardSupply, cardsTaken, freeCards, noCards, whyNoCards } from './cards.ts'
import { fits } from './slots.ts'

export interface QueuedRun {
  readonly id: string
  readonly queuedAt: string
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
  /** None by default. */
  readonly cards?: CardSupply
  readonly isFinished: (runId: string) => boolean
}

/** A run to start now, with the cards that it takes. */
export interface Start {
  readonly id: string
  readonly cards: readonly AssignedCard[]
}

export interface NextRuns {
  readonly starts: readonly Start[]
  /** Why runs wait for cards, by their ids. */
  readonly waiting: ReadonlyMap<string, string>
}

/**
 * The runs to start now: those whose inputs have finished, the longest waiting first. Equal times keep the order of launch. On a machine with
 * cards, a run that computes on cards takes as many free ones as it requests; every other run takes a free slot.
 */
export function nextRuns({ queued, running, slots, cards = noCards, isFinished }: Queue): NextRuns {
  const ready = queued
    .filter((run) => run.inputs.every(isFinished))
    .toSorted((a, b) => (a.queuedAt < b.queuedAt ? -1 : a.queuedAt > b.queuedAt ? 1 : 0))
  const onCards = ready.filter(({ request }) => cardsTaken(request, cards) > 0)
  const onSlots = ready.filter((run) => !onCards.includes(run))
  const { starts, waiting } = startOnCards(onCards, cards)
  return { starts: [...startOnSlots(onSlots, running, slots), ...starts], waiting }
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
function startOnSlots(
  ready: readonly QueuedRun[],
  running: readonly ResourceRequest[],
  slots: readonly Resources[],
): Start[] {
  const fitsAny = (request: ResourceRequest) => slots.some((slot) => fits(request, slot))
  if (!running.every(fitsAny)) return []
  const starts: Start[] = []
  for (const { id, request } of ready) {
    const occupied = running.length + starts.length
    if (occupied >= slots.length) break
    if (!fitsAny(request)) {
      // Runs behind it wait as well, so that it starts eventually.
      if (occupied === 0) starts.push({ id, cards: [] })
      break
    }
    starts.push({ id, cards: [] })
  }
  return starts
}
