import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { Run } from '#contract/domain/run.ts'
import { useStudio } from '../../api/client.ts'
import { t } from '../language.ts'
import { useNotify } from '../notify.ts'
import type { UndoableAct } from '../undo-stack.ts'
import { useUndo } from '../undo.ts'
import { consequenceOf, doneOf, type RunControl } from './controls.ts'
import { runLabel } from './status.ts'

/** A control that needs an answer first. */
export interface AskedControl {
  readonly control: RunControl
  readonly run: Run
}

export interface RunControls {
  /** Does what a control says, or asks first. */
  press(control: RunControl, run: Run): void
  /** The question that is open, if any; `confirm` answers it. */
  asked: ShallowRef<AskedControl | undefined>
  isAsking: Ref<boolean>
  confirm(): void
  isBusy: Ref<boolean>
  /** Takes all runs of a pipeline out of the queue and pauses those that compute, which can be undone. */
  cancelPipeline(id: string): Promise<void>
}

/** What a change of the position of a run in the queue touches, for the order in which acts can be undone. */
export const queueTouch = (runId: string): string => `queue:${runId}`

/** Pauses, saves, stops, resumes, holds and releases runs. */
export function useRunControls(): RunControls {
  const { client } = useStudio()
  const notify = useNotify()
  const undo = useUndo()
  const asked = shallowRef<AskedControl>()
  const isAsking = ref(false)
  const isBusy = ref(false)

  const call = (control: Exclude<RunControl, 'remove'>, id: string): Promise<unknown> => {
    switch (control) {
      case 'hold':
        return client.queue.hold({ ids: [id] })
      case 'release':
        return client.queue.release({ ids: [id] })
      default:
        return client.runs[control]({ id })
    }
  }

  async function attempt(action: () => Promise<void>): Promise<void> {
    isBusy.value = true
    isAsking.value = false
    try {
      await action()
    } catch (cause) {
      notify.failure(cause)
    } finally {
      isBusy.value = false
    }
  }

  async function removed(run: Run): Promise<UndoableAct> {
    await client.runs.stop({ id: run.id })
    const title = t('run.control.removed', { label: runLabel(run) })
    return {
      title,
      touches: [queueTouch(run.id)],
      revert: async () => {
        await client.queue.restore({ ids: [run.id] })
        return { title, touches: [queueTouch(run.id)], revert: () => removed(run) }
      },
    }
  }

  async function cancelled(id: string): Promise<UndoableAct> {
    const runs = await client.pipelines.cancel({ id })
    const ids = runs.map((run) => run.id)
    const common = { title: t('run.control.cancelled', { id }), touches: ids.map(queueTouch) }
    return {
      ...common,
      revert: async () => {
        await client.queue.restore({ ids })
        return { ...common, revert: () => cancelled(id) }
      },
    }
  }

  const perform = (control: RunControl, run: Run): Promise<void> =>
    attempt(async () => {
      if (control === 'remove') return undo.done(await removed(run))
      await call(control, run.id)
      const { title, description } = doneOf(control, run)
      notify.success(title, description)
    })

  return {
    asked,
    isAsking,
    isBusy,
    press(control, run) {
      if (consequenceOf(control, run) === undefined) return void perform(control, run)
      asked.value = { control, run }
      isAsking.value = true
    },
    confirm() {
      if (asked.value !== undefined) void perform(asked.value.control, asked.value.run)
    },
    cancelPipeline: (id) => attempt(async () => undo.done(await cancelled(id))),
  }
}
