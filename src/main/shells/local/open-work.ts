import { setTimeout as delay } from 'node:timers/promises'
import { toStudioError } from '#contract/api/errors.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import type { StudioClient } from './join.ts'

/** What goes on, or would, when a studio closes. */
export interface OpenWork {
  /** Runs that have a process. */
  readonly computing: readonly string[]
  /** Queued runs that a studio will start without being asked. */
  readonly waiting: readonly string[]
  /** Experiments that will launch more runs or probes. */
  readonly experiments: readonly string[]
}

/** What the person who closes a studio wants for its runs. */
export const closeChoices = ['keep', 'stop', 'cancel'] as const
export type CloseChoice = (typeof closeChoices)[number]

/** What is done without a question, if one is asked at all. */
export const closeModes = ['ask', 'keep', 'stop'] as const
export type CloseMode = (typeof closeModes)[number]

const pollMs = 1000

export async function openWork(client: StudioClient): Promise<OpenWork> {
  const [runs, experiments] = await Promise.all([client.runs.list({}), client.experiments.list({})])
  const known = new Map(runs.map((run) => [run.id, run]))
  return {
    computing: idsOf(runs.filter(({ status }) => status === 'running')),
    waiting: idsOf(runs.filter((run) => run.status === 'queued' && !isSettled([run], known))),
    experiments: idsOf(experiments.filter(({ status }) => status === 'running')),
  }
}

const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id)

export const isNothing = ({ computing, waiting, experiments }: OpenWork): boolean =>
  computing.length + waiting.length + experiments.length === 0

/** `2 runs compute, 3 wait in the queue and the experiment desk continues.` */
export function workText({ computing, waiting, experiments }: OpenWork): string {
  const parts = [
    ...(computing.length === 0
      ? []
      : [`${formatQuantity(computing.length, 'run')} ${computing.length === 1 ? 'computes' : 'compute'}`]),
    ...(waiting.length === 0
      ? []
      : [`${formatQuantity(waiting.length, 'run')} ${waiting.length === 1 ? 'waits' : 'wait'} in the queue`]),
    ...(experiments.length === 0
      ? []
      : [`${formatQuantity(experiments.length, 'experiment')} will launch more (${formatList(experiments)})`]),
  ]
  return `${formatList(parts)}.`
}

/** Asks everything that computes or waits to save and stop. What would not start by itself stays in the queue. */
export async function stopWork(client: StudioClient): Promise<void> {
  const { experiments } = await openWork(client)
  for (const id of experiments) await ifPossible(client.experiments.stop({ id }))
  const { computing, waiting } = await openWork(client)
  const ids = new Set([...computing, ...waiting])
  await stopRuns(
    client,
    (await client.runs.list({})).filter(({ id }) => ids.has(id)),
  )
}

/** Stops queued runs first, so that none starts when the running one ends. */
export async function stopRuns(client: StudioClient, runs: readonly Run[]): Promise<void> {
  for (const status of ['queued', 'running'] as const)
    for (const run of runs.filter((candidate) => candidate.status === status && !candidate.isStopping))
      await ifPossible(client.runs.stop({ id: run.id }))
}

/** A run may have ended in the meantime. */
async function ifPossible(stopped: Promise<unknown>): Promise<void> {
  try {
    await stopped
  } catch (cause) {
    if (toStudioError(cause instanceof Error && 'data' in cause ? cause.data : cause).code !== 'run-state') throw cause
  }
}

/** Waits until `isReached` accepts what goes on; returns early when `signal` aborts. */
export async function untilWork(
  client: StudioClient,
  isReached: (work: OpenWork) => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (isReached(await openWork(client))) return
    await delay(pollMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Whether no run is running and every queued one is held or waits, directly or not, for a run that is held or ended without finishing. */
export function isSettled(runs: readonly Run[], known: ReadonlyMap<string, Run>): boolean {
  const isBlocked = (run: Run): boolean =>
    run.isHeld === true ||
    run.waitsFor.some((id) => {
      const input = known.get(id)
      // A run that is not in the workspace will never finish.
      if (input === undefined) return true
      return input.status === 'queued' ? isBlocked(input) : input.status !== 'running' && input.status !== 'finished'
    })
  return runs.every((run) => run.status !== 'running' && (run.status !== 'queued' || isBlocked(run)))
}
