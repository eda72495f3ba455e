import { defineStore } from 'pinia'
import { markRaw } from 'vue'
import { toReport } from '../api/errors.ts'
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
      else
        notify.information('Undo the later change first', `It changed the same: ${outcome.by.title}. Ctrl+Z undoes it.`)
    } catch (cause) {
      notify.failure(cause)
    }
  }

  return {
    done(act) {
      stack.push(act)
      notify.undoable(act.title, () => void say(stack.undo(act), 'Undone', 'This has been undone already'))
    },
    undo: () => say(stack.undo(), 'Undone', 'Nothing to undo'),
    redo: () => say(stack.redo(), 'Done again', 'Nothing to do again'),
  }
}
