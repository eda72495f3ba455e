import { setImmediate } from 'node:timers/promises'
import { StudioError } from '#contract/api/errors.ts'

/** Lets pending events in, among them the request to stop; throws `cancelled` where it came. */
export async function stopWhenAsked(signal: AbortSignal): Promise<void> {
  await setImmediate()
  if (signal.aborted)
    throw new StudioError('cancelled', 'The task was stopped.', 'Start it again when you want its result.')
}
