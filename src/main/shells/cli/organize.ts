import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { describeIssues } from '#contract/api/issues.ts'
import {
  changedTags,
  type OrganizationChange,
  type OrganizedKind,
  organization,
} from '#contract/domain/organization.ts'
import type { KeptRun, TrashItem, TrashPreview } from '#contract/domain/trash.ts'
import { formatBytes, formatList, formatQuantity } from '#contract/format.ts'
import { type StudioClient, withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'

interface LabelOptions {
  name?: string
  tag: string[]
  untag: string[]
  note?: string
  colour?: string
  star?: boolean
  archive?: boolean
}

const collect = (value: string, previous: string[]): string[] => [...previous, value]

/** Adds the verbs that name, tag and remove runs and pipelines. */
export function addOrganizationVerbs(program: Command, run: Command): void {
  run
    .command('label')
    .description('name, tag, note, colour, star or archive runs and pipelines; all are changed or none')
    .argument('<id...>', 'runs or pipelines')
    .option('--name <text>', 'name shown instead of the id; "" removes it')
    .option('--tag <tag>', 'add a tag; may be repeated', collect, [])
    .option('--untag <tag>', 'remove a tag; may be repeated', collect, [])
    .option('--note <text>', 'replace the note')
    .option('--colour <colour>', 'mark with a colour; "" removes it')
    .option('--star', 'star')
    .option('--no-star', 'remove the star')
    .option('--archive', 'hide from lists')
    .option('--no-archive', 'show in lists again')
    .action(async (ids: string[], options: LabelOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const changed = await withStudio(workspace, async (client) => {
        const items = await Promise.all(itemsOf(ids).map((item) => changeOf(client, item, options)))
        return client.organization.change({ items })
      })
      show(isJson, changed, ({ previous }) => `Changed ${formatList(previous.map(({ id }) => id))}.`)
    })

  run
    .command('trash')
    .description('move runs and pipelines to the trash; refused for what runs and for what another run needs')
    .argument('<id...>', 'runs or pipelines')
    .option('--dry-run', 'show what would be moved, the bytes, and what stays and why, without moving', false)
    .action(async (ids: string[], { dryRun }: { dryRun: boolean }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      if (dryRun) {
        const preview = await withStudio(workspace, (client) => client.trash.preview({ items: itemsOf(ids) }))
        show(isJson, preview, previewText)
        return
      }
      const entries = await withStudio(workspace, (client) => client.trash.put({ items: itemsOf(ids) }))
      show(isJson, entries, (moved) =>
        moved
          .map(({ entryId, sizeBytes }) => `In the trash as ${entryId}: purging it frees ${formatBytes(sizeBytes)}.`)
          .join('\n'),
      )
    })

  run
    .command('restore')
    .description('move entries of the trash back')
    .argument('<entry...>', 'entries, as listed by "trash list"')
    .action(async (entryIds: string[], _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const restored = await withStudio(workspace, (client) => client.trash.restore({ entryIds }))
      show(isJson, restored, ({ entries, warnings }) =>
        [`Restored ${formatList(entries.map(({ id }) => id))}.`, ...warnings].join('\n'),
      )
    })

  const trash = program.command('trash').description('runs and pipelines that can be restored')
  trash
    .command('list')
    .description('what is in the trash')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const entries = await withStudio(workspace, (client) => client.trash.list({}))
      show(isJson, entries, () =>
        entries.length === 0
          ? 'The trash is empty.'
          : table(
              ['Entry', 'Kind', 'Runs', 'Size', 'Moved'],
              entries.map((entry) => [
                entry.entryId,
                entry.kind,
                entry.runIds.length,
                formatBytes(entry.sizeBytes),
                entry.trashedAt,
              ]),
              [2, 3],
            ),
      )
    })
  trash
    .command('purge')
    .description('delete entries of the trash for good')
    .argument('<entry...>', 'entries, as listed by "trash list"')
    .action(async (entryIds: string[], _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const purged = await withStudio(workspace, (client) => client.trash.purge({ entryIds }))
      show(
        isJson,
        purged,
        ({ bytes }) =>
          `Deleted ${formatQuantity(entryIds.length, 'entry', 'entries')}. This freed ${formatBytes(bytes)}.`,
      )
    })

  program
    .command('view')
    .description('saved views of pages')
    .command('list')
    .description('the views that were saved in the window')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const views = await withStudio(workspace, (client) => client.views.list({}))
      show(isJson, views, () =>
        views.length === 0
          ? 'No view is saved.'
          : table(
              ['Name', 'Address'],
              views.map(({ name, page, query }) => [name, query === '' ? page : `${page}?${query}`]),
            ),
      )
    })
}

const keptReasons: Readonly<Record<KeptRun['reason'], (kept: KeptRun) => string>> = {
  active: () => 'it is queued or running',
  ending: () => 'its process has not ended yet',
  needed: ({ neededBy }) => `${formatList(neededBy)} ${neededBy.length === 1 ? 'needs' : 'need'} its model`,
}

const previewText = ({ items, runIds, bytes, kept }: TrashPreview): string =>
  [
    ...(items.length === 0
      ? ['Nothing would be moved.']
      : [
          `Would move ${formatList(items.map(({ id }) => id))}: ${formatQuantity(runIds.length, 'run')}. Purging them frees ${formatBytes(bytes)}.`,
        ]),
    ...kept.map((run) => `The run ${run.id} stays: ${keptReasons[run.reason](run)}.`),
  ].join('\n')

/** Ids of runs contain a dot, ids of pipelines do not. */
const kindOf = (id: string): OrganizedKind => (id.includes('.') ? 'run' : 'pipeline')

const itemsOf = (ids: readonly string[]): TrashItem[] => [...new Set(ids)].map((id) => ({ kind: kindOf(id), id }))

async function changeOf(
  client: StudioClient,
  { kind, id }: TrashItem,
  { name, tag, untag, note, colour, star, archive }: LabelOptions,
): Promise<OrganizationChange> {
  const set: Record<string, unknown> = {
    ...(name === undefined ? {} : { name: name === '' ? null : name }),
    ...(note === undefined ? {} : { note }),
    ...(colour === undefined ? {} : { colour: colour === '' ? null : colour }),
    ...(star === undefined ? {} : { isStarred: star }),
    ...(archive === undefined ? {} : { isArchived: archive }),
  }
  if (tag.length + untag.length > 0)
    set['tags'] = changedTags(await tagsOf(client, kind, id), { add: tag, remove: untag })
  const checked = organization.partial().safeParse(set)
  if (!checked.success)
    throw new StudioError('bad-request', describeIssues(checked.error.issues), 'Add --help to see what the verb takes.')
  return { kind, id, set: checked.data }
}

async function tagsOf(client: StudioClient, kind: OrganizedKind, id: string): Promise<string[]> {
  if (kind === 'run') return (await client.runs.get({ id })).run.organization.tags
  const member = (await client.runs.list({})).find((run) => run.pipelineId === id)
  return member === undefined ? [] : (await client.runs.get({ id: member.id })).pipeline.organization.tags
}
