import type { ImportEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { ProgressDisplay } from './progress.ts'

type ImportProgress = Extract<ImportEvent, { type: 'progress' }>

/** Shows the progress of an import until it is done, and returns its last event. */
export async function followImport<Done extends { type: 'done' }>(
  events: AsyncIterable<ImportProgress | Done>,
  display: ProgressDisplay,
  title: string,
): Promise<Done> {
  try {
    for await (const event of events) {
      if (event.type === 'done') return event
      if (event.type === 'progress')
        display.update([
          {
            id: title,
            title,
            done: event.done,
            total: event.total,
            detail: event.path,
            isMoving: event.done < event.total,
          },
        ])
    }
    throw new StudioError('cancelled', 'The folder was not read to its end.', 'Try again.')
  } finally {
    display.close()
  }
}
