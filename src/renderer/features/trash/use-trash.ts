import type { TrashItem } from '#contract/domain/trash.ts'
import { useStudio } from '../../api/client.ts'
import { t } from '../../ui/language.ts'
import { useNotify } from '../../ui/notify.ts'
import type { UndoableAct } from '../../ui/undo-stack.ts'
import { useUndo } from '../../ui/undo.ts'

/** Moves runs and pipelines to the trash and back. Both can be undone. */
export function useTrash(): {
  /** @throws the error of the studio: all are moved or none */
  put(items: readonly TrashItem[], title: string): Promise<void>
  /** @throws the error of the studio */
  restore(entryIds: readonly string[], title: string): Promise<void>
} {
  const { client } = useStudio()
  const notify = useNotify()
  const undo = useUndo()

  async function moved(items: readonly TrashItem[], title: string): Promise<UndoableAct> {
    const entries = await client.trash.put({ items: [...items] })
    return {
      title,
      touches: [],
      revert: () =>
        restored(
          entries.map(({ entryId }) => entryId),
          title,
        ),
    }
  }

  async function restored(entryIds: readonly string[], title: string): Promise<UndoableAct> {
    const { entries, warnings } = await client.trash.restore({ entryIds: [...entryIds] })
    for (const warning of warnings) notify.information(t('trash.incomplete'), warning)
    return {
      title,
      touches: [],
      revert: () =>
        moved(
          entries.map(({ kind, id }) => ({ kind, id })),
          title,
        ),
    }
  }

  return {
    put: async (items, title) => undo.done(await moved(items, title)),
    restore: async (entryIds, title) => undo.done(await restored(entryIds, title)),
  }
}
