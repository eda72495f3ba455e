import { setImmediate } from 'node:timers/promises'
import { StudioError } from '#contract/api/errors.ts'

/**
 * Lets pending events run, among them the signal to stop.
 * @throws StudioError `cancelled` if it came
 */
export async function throwIfCancelled(signal: AbortSignal): Promise<void> {
  await setImmediate()
  if (signal.aborted) throw new StudioError('cancelled', 'The task was cancelled.', 'Start it again to get its result.')
}
