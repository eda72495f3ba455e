import { useClipboard } from '@vueuse/core'
import { useRouter } from 'vue-router'
import { useStudio } from '../../api/client.ts'
import { t } from '../../ui/language.ts'
import { useNotify } from '../../ui/notify.ts'
import type { RunControls } from '../../ui/run/use-run-controls.ts'
import { folderOf, idOf, type MenuTarget, organizationOf, type RowAct, targetLabel } from './row-menu.ts'
import { useOrganize } from './use-organize.ts'

/** What only the page can do. */
export interface PageActs {
  readonly showDetails: (id: string) => void
  readonly moveToTrash: (target: MenuTarget) => void
  readonly runAgain: (id: string) => void
  readonly controls: Pick<RunControls, 'press' | 'cancelPipeline'>
}

/** Does what the menu of a row offers, but for renaming, which happens in the row. */
export function useRowActs(page: PageActs): (act: RowAct, target: MenuTarget) => void {
  const { client } = useStudio()
  const { organize } = useOrganize()
  const notify = useNotify()
  const router = useRouter()
  const { copy } = useClipboard({ legacy: true })

  async function copyText(text: () => Promise<string> | string, done: string): Promise<void> {
    try {
      const copied = await text()
      await copy(copied)
      notify.success(done, copied)
    } catch (cause) {
      notify.failure(cause)
    }
  }
  async function pathOf(id: string): Promise<string> {
    const { workspace, platform } = await client.system.info({})
    return folderOf(workspace, id, platform)
  }

  return (act, target) => {
    const id = idOf(target)
    const item = { id, organization: organizationOf(target) }
    const { isStarred, isArchived } = item.organization
    const label = targetLabel(target)
    switch (act) {
      case 'open':
        return void router.push(`/runs/${encodeURIComponent(id)}`)
      case 'details':
        return page.showDetails(id)
      case 'rename':
        return
      case 'again':
        return page.runAgain(id)
      case 'change': {
        const from = target.kind === 'run' ? id : target.pipeline.runIds.at(-1)
        return void (from !== undefined && router.push({ path: '/pipelines/new', query: { from } }))
      }
      case 'star':
        return void organize(
          target.kind,
          [item],
          () => ({ isStarred: !isStarred }),
          t(isStarred ? 'runs.organize.didUnstar' : 'runs.organize.didStar', { label }),
        )
      case 'archive':
        return void organize(
          target.kind,
          [item],
          () => ({ isArchived: !isArchived }),
          t(isArchived ? 'runs.organize.didUnarchive' : 'runs.organize.didArchive', { label }),
        )
      case 'copy-id':
        return void copyText(() => id, t('runs.menu.copiedId'))
      case 'copy-folder':
        return void copyText(() => pathOf(id), t('runs.menu.copiedPath'))
      case 'trash':
        return page.moveToTrash(target)
      case 'cancel':
        return void page.controls.cancelPipeline(id)
      default:
        if (target.kind === 'run') page.controls.press(act, target.run)
    }
  }
}
