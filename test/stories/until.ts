import type { RouterClient } from '@orpc/server'
import { runsOfEvent } from '#contract/api/contract.ts'
import type { Run } from '#contract/domain/run.ts'
import type { Studio } from '#main/app/studio.ts'

/** Waits until `isReached` accepts the run. Throws its error if it fails first, unless `mayFail`. */
export async function until(
  client: RouterClient<Studio['router']>,
  id: string,
  isReached: (run: Run) => boolean,
  mayFail = false,
): Promise<Run> {
  for await (const event of await client.runs.watch({})) {
    const runs = runsOfEvent(event)
    const run = runs.find((candidate) => candidate.id === id)
    if (run === undefined) continue
    if (isReached(run)) return run
    if (run.status === 'failed' && !mayFail) throw new Error(`${id} failed: ${run.error?.message}`)
  }
  throw new Error(`The studio closed before ${id} reached the expected state.`)
}

export const isFinished = (run: Run): boolean => run.status === 'finished'
