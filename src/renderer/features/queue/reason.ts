import type { QueueReason } from '#contract/domain/queue.ts'
import type { Run } from '#contract/domain/run.ts'
import { t } from '../../ui/language.ts'
import { waitingFor } from '../../ui/run/status.ts'

/** Why a run in the queue has not started. `find` looks up the runs that it waits for. */
export function reasonText(
  reason: QueueReason,
  find: (id: string) => Pick<Run, 'stage' | 'status'> | undefined,
): string {
  switch (reason.kind) {
    case 'held':
      return waitingFor({ isHeld: true, waitsFor: [] }, find)
    case 'inputs':
      return waitingFor({ waitsFor: reason.runIds }, find)
    case 'cards':
      return waitingFor({ waitsFor: [], waitsForCards: reason.message }, find)
    case 'slot':
      return t('queue.forSlot')
  }
}
