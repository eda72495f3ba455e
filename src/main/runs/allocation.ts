import type { Card } from '#contract/domain/card.ts'
import type { ComputingRun } from '#contract/domain/queue.ts'
import type { Allocation, AssignedSlot } from '../executors/executor.ts'
import type { RunLedger } from './ledger.ts'

/**
 * What a run gets of the machine. One that continues from a checkpoint keeps its number of threads, because another one may change results in
 * the last bits.
 */
export function withKeptThreads(ledger: RunLedger, id: string, allocation: Allocation, processors: number): Allocation {
  const { slot } = allocation
  const { runs, checkpoints } = ledger.tables
  const { key } = ledger.row(id)
  const before = checkpoints.newestStep(key) === undefined ? undefined : runs.attempts(key).at(-1)?.environment?.threads
  return slot === undefined || before === undefined || before > processors
    ? allocation
    : { ...allocation, slot: { ...slot, threads: before } }
}

/** What a run with a process computes on. `holders` are runs by the UUIDs of their cards. */
export const describeComputing = (
  runId: string,
  slot: AssignedSlot | undefined,
  holders: ReadonlyMap<string, string>,
  cards: readonly Card[],
): ComputingRun => ({
  runId,
  slot: slot?.number ?? null,
  threads: slot?.threads ?? null,
  cards: cards.filter(({ uuid }) => holders.get(uuid) === runId).map(({ index }) => index),
})
