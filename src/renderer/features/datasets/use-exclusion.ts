import type { ExclusionRequest } from '#contract/domain/exclusions.ts'
import { useStudio } from '../../api/client.ts'
import { useCall } from '../../api/use-call.ts'
import { t } from '../../ui/language.ts'
import { useNotify } from '../../ui/notify.ts'

/** Leaves samples of a dataset out of new runs, and takes the last change back. */
export function useExclusion(name: () => string) {
  const { client } = useStudio()
  const notify = useNotify()
  const { isBusy, error, run } = useCall()

  const undo = () => run(() => client.datasets.undoExclusion({ name: name() }))

  /** Offers to undo it. */
  async function exclude(of: Partial<Omit<ExclusionRequest, 'name'>>): Promise<void> {
    const changed = await run(() => client.datasets.exclude({ name: name(), ...of }))
    if (changed === undefined) return
    notify.undoable(t('integrity.excluded', { count: changed.exclusions.samples }), () => void undo())
  }

  return { isBusy, error, exclude, undo }
}
