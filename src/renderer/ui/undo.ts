import { defineStore } from 'pinia'
import { markRaw } from 'vue'
import { toReport } from '../api/errors.ts'
import { t } from './language.ts'
import { useNotify } from './notify.ts'
import { UndoStack, type UndoableAct, type UndoOutcome } from './undo-stack.ts'

/** Without a connection, an act can be undone later. */
const isLost = (cause: unknown): boolean => toReport(cause).code !== 'disconnected'

const useUndoStore = defineStore('undo', () => ({ stack: markRaw(new UndoStack(isLost)) }))

/** The one list of what can be undone: each act shows a message with "Undo", and Ctrl+Z undoes the newest. */
export function useUndo(): {
  /** Adds what was done. */
  done(act: UndoableAct): void
  undo(): Promise<void>
  redo(): Promise<void>
} {
  const notify = useNotify()
  const { stack } = useUndoStore()

  async function say(reversing: Promise<UndoOutcome>, done: string, none: string): Promise<void> {
    try {
      const outcome = await reversing
      if (outcome.kind === 'reversed') notify.success(done, outcome.act.title)
      else if (outcome.kind === 'nothing') notify.information(none)
      else notify.information(t('ui.undoing.laterFirst'), t('ui.undoing.changedBy', { title: outcome.by.title }))
    } catch (cause) {
      notify.failure(cause)
    }
  }

  return {
    done(act) {
      stack.push(act)
      notify.undoable(act.title, () => void say(stack.undo(act), t('ui.undoing.undone'), t('ui.undoing.already')))
    },
    undo: () => say(stack.undo(), t('ui.undoing.undone'), t('ui.undoing.nothing')),
    redo: () => say(stack.redo(), t('ui.undoing.redone'), t('ui.undoing.nothingAgain')),
  }
}
