import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { QueueMove, QueueState, RunPriority } from '#contract/domain/queue.ts'
import { useStudio } from '../../api/client.ts'
import { subscribe } from '../../api/subscribe.ts'
import { t } from '../../ui/language.ts'
import { useNotify } from '../../ui/notify.ts'
import { queueTouch } from '../../ui/run/use-run-controls.ts'
import type { UndoableAct } from '../../ui/undo-stack.ts'
import { useUndo } from '../../ui/undo.ts'
import { moveBack } from './queue-order.ts'

/** The queue, kept up to date, and what changes its order. Moves and priorities can be undone. */
export function useQueue(): {
  state: Readonly<ShallowRef<QueueState | null>>
  error: Readonly<Ref<ErrorReport | null>>
  move(move: QueueMove, label: string): Promise<void>
  prioritize(runId: string, priority: RunPriority, label: string): Promise<void>
} {
  const studio = useStudio()
  const { client } = studio
  const notify = useNotify()
  const undo = useUndo()
  const state = shallowRef<QueueState | null>(null)
  const error = ref<ErrorReport | null>(null)

  onScopeDispose(
    subscribe(studio, {
      open: (signal) => client.queue.watch({}, { signal }),
      onEvent(now) {
        state.value = now
        error.value = null
      },
      onError: (report) => (error.value = report),
    }),
  )

  async function moved(move: QueueMove, title: string): Promise<UndoableAct> {
    const [runId = ''] = move.ids
    const back = moveBack(state.value?.queued ?? [], runId)
    state.value = await client.queue.move(move)
    return { title, touches: [queueTouch(runId)], revert: () => moved(back, title) }
  }

  async function prioritized(runId: string, priority: RunPriority, title: string): Promise<UndoableAct> {
    const before = state.value?.queued ?? []
    const earlier = before.find((run) => run.runId === runId)?.priority ?? 'normal'
    const back = moveBack(before, runId)
    state.value = await client.queue.prioritize({ ids: [runId], priority })
    return {
      title,
      touches: [queueTouch(runId)],
      revert: async () => {
        const act = await prioritized(runId, earlier, title)
        state.value = await client.queue.move(back)
        return act
      },
    }
  }

  async function attempt(act: () => Promise<UndoableAct>): Promise<void> {
    try {
      undo.done(await act())
    } catch (cause) {
      notify.failure(cause)
    }
  }

  return {
    state,
    error,
    move: (move, label) => attempt(() => moved(move, t('queue.moved', { label }))),
    prioritize: (runId, priority, label) =>
      attempt(() =>
        prioritized(runId, priority, t('queue.prioritized', { label, priority: t(`queue.priority.${priority}`) })),
      ),
  }
}
