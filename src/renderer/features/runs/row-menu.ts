import type { Organization } from '#contract/domain/organization.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { contractText, t } from '../../ui/language.ts'
import { controlIcons, controlsOf, type RunControl } from '../../ui/run/controls.ts'
import { runLabel } from '../../ui/run/status.ts'

/** What the menu of a row is about. */
export type MenuTarget =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }

export type RowAct =
  | 'open'
  | 'details'
  | 'rename'
  | 'again'
  | 'change'
  | 'star'
  | 'archive'
  | 'copy-id'
  | 'copy-folder'
  | 'trash'
  | 'cancel'
  | RunControl

export interface MenuEntry {
  readonly act: RowAct
  readonly label: string
  readonly icon: string
  /** Keys that do the same on the row. */
  readonly keys?: readonly string[]
}

export const idOf = (target: MenuTarget): string => (target.kind === 'run' ? target.run.id : target.pipeline.id)
export const organizationOf = (target: MenuTarget): Organization =>
  target.kind === 'run' ? target.run.organization : target.pipeline.organization

/** Name of a run or pipeline in messages and menus. */
export const targetLabel = (target: MenuTarget): string =>
  organizationOf(target).name ?? (target.kind === 'run' ? runLabel(target.run) : target.pipeline.id)

/** Name of a run in its row: that of the user, or the stage if its pipeline is the heading above it. */
export const rowName = (run: Run, isUnderPipeline: boolean): string =>
  run.organization.name ?? (isUnderPipeline ? contractText(stageTitles[run.stage]) : runLabel(run))

/** Entries of the menu of a row, in sections. */
export function menuOf(target: MenuTarget): MenuEntry[][] {
  const { isStarred, isArchived } = organizationOf(target)
  const isRun = target.kind === 'run'
  const controls =
    target.kind === 'run'
      ? controlsOf(target.run).map((act) => ({ act, label: t(`run.control.${act}`), icon: controlIcons[act] }))
      : [{ act: 'cancel', label: t('run.control.cancelPipeline'), icon: 'i-lucide-list-x' } as const]
  return [
    [
      ...(isRun
        ? [{ act: 'open', label: t('runs.menu.open'), icon: 'i-lucide-arrow-right', keys: ['Enter'] } as const]
        : []),
      {
        act: 'details',
        label: t('runs.menu.details'),
        icon: 'i-lucide-panel-right',
        ...(isRun ? { keys: ['Shift', 'Enter'] } : {}),
      },
      { act: 'rename', label: t('runs.menu.rename'), icon: 'i-lucide-pencil', keys: ['F2'] },
    ],
    ...(controls.length === 0 ? [] : [controls]),
    [
      {
        act: 'change',
        label: t(`runs.menu.change.${target.kind}`),
        icon: 'i-lucide-copy-plus',
      },
      { act: 'again', label: t(`runs.menu.again.${target.kind}`), icon: 'i-lucide-repeat' },
    ],
    [
      {
        act: 'star',
        label: isStarred ? t('runs.organize.unstar') : t('runs.organize.star'),
        icon: isStarred ? 'i-lucide-star-off' : 'i-lucide-star',
      },
      {
        act: 'archive',
        label: isArchived ? t('runs.organize.unarchive') : t('runs.organize.archive'),
        icon: isArchived ? 'i-lucide-archive-restore' : 'i-lucide-archive',
      },
    ],
    [
      { act: 'copy-id', label: t('runs.menu.copyId'), icon: 'i-lucide-copy' },
      ...(isRun ? [{ act: 'copy-folder', label: t('runs.menu.copyFolder'), icon: 'i-lucide-folder' } as const] : []),
    ],
    [{ act: 'trash', label: t('runs.organize.toTrash'), icon: 'i-lucide-trash-2' }],
  ]
}

/** Folder of a run in a workspace, as the system writes paths. */
export const folderOf = (workspace: string, runId: string, platform: string): string =>
  [workspace, 'runs', runId].join(platform === 'win32' ? '\\' : '/')
