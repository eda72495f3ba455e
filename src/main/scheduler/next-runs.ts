import type { ResourceRequest, Resources } from '#contract/domain/resources.ts'
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
  /** Requests of the runs that occupy slots. */
  readonly running: readonly ResourceRequest[]
  readonly slots: readonly Resources[]
  readonly isFinished: (runId: string) => boolean
}

/**
 * Ids of the runs to start now: those whose inputs have finished, the longest waiting first, one per free slot. A run that
 * requests more than a slot has starts only on an idle machine, and then alone. Equal times keep the order of launch.
 */
export function nextRuns({ queued, running, slots, isFinished }: Queue): string[] {
  const fitsAny = (request: ResourceRequest) => slots.some((slot) => fits(request, slot))
  if (!running.every(fitsAny)) return []
  const ready = queued
    .filter((run) => run.inputs.every(isFinished))
    .toSorted((a, b) => (a.queuedAt < b.queuedAt ? -1 : a.queuedAt > b.queuedAt ? 1 : 0))
  const started: string[] = []
  for (const { id, request } of ready) {
    const occupied = running.length + started.length
    if (occupied >= slots.length) break
    if (!fitsAny(request)) {
      // Runs behind it wait as well, so that it starts eventually.
      if (occupied === 0) started.push(id)
      break
    }
    started.push(id)
  }
  return started
}
