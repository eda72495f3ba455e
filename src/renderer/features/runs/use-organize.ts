import type { Organization, OrganizationChange } from '#contract/domain/organization.ts'
import type { Run } from '#contract/domain/run.ts'
import { useStudio } from '../../api/client.ts'
import { useNotify } from '../../ui/notify.ts'

/** Changes names, tags, notes, stars and archive marks of runs. Every change offers to undo it. */
export function useOrganize(): {
  /** @param done what was done, for the message that offers to undo it */
  organize(runs: readonly Run[], set: (run: Run) => Partial<Organization>, done: string): Promise<void>
} {
  const { client } = useStudio()
  const notify = useNotify()

  async function apply(items: OrganizationChange[]): Promise<OrganizationChange[] | undefined> {
    try {
      return (await client.organization.change({ items })).previous
    } catch (cause) {
      notify.failure(cause)
      return undefined
    }
  }

  async function undo(previous: OrganizationChange[], done: string): Promise<void> {
    if ((await apply(previous)) !== undefined) notify.success('Undone', done)
  }

  return {
    async organize(runs, set, done) {
      const items = runs.map((run): OrganizationChange => ({ kind: 'run', id: run.id, set: set(run) }))
      if (items.length === 0) return
      const previous = await apply(items)
      if (previous !== undefined) notify.undoable(done, () => void undo(previous, done))
    },
  }
}
