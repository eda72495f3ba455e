import type { Organization, OrganizationChange, OrganizedKind } from '#contract/domain/organization.ts'
import { useStudio } from '../../api/client.ts'
import { useNotify } from '../../ui/notify.ts'
import type { UndoableAct } from '../../ui/undo-stack.ts'
import { useUndo } from '../../ui/undo.ts'

/** A run or a pipeline, as far as its organization needs it. */
export interface Organizable {
  readonly id: string
  readonly organization: Organization
}

/** What changes of runs and pipelines touch, for the order in which they can be undone. */
export const touchesOf = (items: readonly OrganizationChange[]): string[] =>
  items.flatMap(({ kind, id, set }) => Object.keys(set).map((field) => `${kind} ${id} ${field}`))

/** Changes names, tags, notes, colours, stars and archive marks of runs and pipelines. Every change can be undone. */
export function useOrganize(): {
  /** @param title what was done, for the message that offers to undo it */
  organize(
    kind: OrganizedKind,
    items: readonly Organizable[],
    set: (organization: Organization) => Partial<Organization>,
    title: string,
  ): Promise<void>
} {
  const { client } = useStudio()
  const notify = useNotify()
  const undo = useUndo()

  async function change(items: OrganizationChange[], title: string): Promise<UndoableAct> {
    const { previous } = await client.organization.change({ items })
    return { title, touches: touchesOf(items), revert: () => change(previous, title) }
  }

  return {
    async organize(kind, items, set, title) {
      const changes = items.map(({ id, organization }) => ({ kind, id, set: set(organization) }))
      if (changes.length === 0) return
      try {
        undo.done(await change(changes, title))
      } catch (cause) {
        notify.failure(cause)
      }
    },
  }
}
