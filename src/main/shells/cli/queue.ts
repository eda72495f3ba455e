import { type Command, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { type QueuedEntry, runPriorities, runPriority, type RunPriority } from '#contract/domain/queue.ts'
import { workspaceSettings } from '#contract/domain/settings.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'

interface MoveOptions {
  before?: string
  after?: string
  first?: boolean
  last?: boolean
}

function parseSlots(text: string): number {
  const result = workspaceSettings.shape.scheduler.safeParse({ slots: text.trim() === '' ? Number.NaN : Number(text) })
  if (result.success) return result.data.slots
  throw new StudioError(
    'bad-request',
    `The number of slots "${text}" is not a whole number from 1 to 16.`,
    'Give a number, for example: queue slots 2',
  )
}

const slotsText = ({ slots, threads }: { slots: number; threads: number }): string =>
  `${formatQuantity(slots, 'slot')} of ${formatQuantity(threads, 'thread')}.`

/** Adds the verbs of the queue. */
export function addQueueVerbs(program: Command): void {
  const queue = program.command('queue').description('the runs that compute and those that wait, in their order')

  queue
    .command('list')
    .description('what computes in which slot, what is next, and why something waits')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const state = await withStudio(workspace, (client) => client.queue.get({}))
      show(isJson, state, ({ slots, threads, computing, queued }) =>
        [
          `${slotsText({ slots, threads })} "queue slots COUNT" changes the number of slots.`,
          ...(computing.length === 0
            ? ['Nothing computes.']
            : [
                table(
                  ['Computes', 'Where', 'Threads'],
                  computing.map(({ runId, slot, threads: own, cards }) => [
                    runId,
                    slot === null ? (cards.length === 0 ? '–' : `card ${cards.join(', ')}`) : `slot ${slot}`,
                    own === null ? '–' : String(own),
                  ]),
                  [2],
                ),
              ]),
          ...(queued.length === 0
            ? ['Nothing waits.']
            : [
                table(
                  ['Position', 'Waits', 'Priority', 'Why'],
                  queued.map((run, index) => [String(index + 1), run.runId, run.priority, reasonText(run)]),
                  [0],
                ),
              ]),
        ].join('\n\n'),
      )
    })

  queue
    .command('slots')
    .description('set how many runs compute on the processor at the same time; they share its threads')
    .argument('<count>', 'from 1 to 16', parseSlots)
    .action(async (slots: number, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const state = await withStudio(workspace, async (client) => {
        await client.settings.set({ ...(await client.settings.get({})), scheduler: { slots } })
        return await client.queue.get({})
      })
      show(isJson, { slots: state.slots, threads: state.threads }, () => slotsText(state))
    })

  queue
    .command('move')
    .description('move waiting runs among those of the same priority')
    .argument('<id...>', 'runs, in the order that they shall have')
    .option('--before <id>', 'before this run')
    .option('--after <id>', 'behind this run')
    .option('--first', 'before all others')
    .option('--last', 'behind all others')
    .action(async (ids: string[], options: MoveOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      if (Object.keys(options).length !== 1)
        throw new StudioError(
          'bad-request',
          'Say where the runs shall be.',
          'Give one of --before ID, --after ID, --first and --last.',
        )
      const state = await withStudio(workspace, async (client) => {
        const { queued } = await client.queue.get({})
        return client.queue.move({ ids, before: targetOf(queued, ids, options) })
      })
      show(isJson, state, ({ queued }) => queued.map(({ runId }, index) => `${index + 1} ${runId}`).join('\n'))
    })

  for (const [name, description, done] of [
    ['hold', 'keep runs from starting until they are released', 'held'],
    ['release', 'let held runs start', 'released'],
  ] as const)
    queue
      .command(name)
      .description(description)
      .argument('<id...>', 'runs')
      .action(async (ids: string[], _options: object, command: Command) => {
        const { workspace, isJson } = commonOf(command)
        const state = await withStudio(workspace, (client) => client.queue[name]({ ids }))
        show(isJson, state, () => `${formatList(ids)} ${ids.length === 1 ? 'is' : 'are'} ${done}.`)
      })

  queue
    .command('priority')
    .description('set the priority of waiting runs; each comes to the end of it')
    .addOption(new Option('--set <priority>', 'priority').choices(runPriorities).makeOptionMandatory())
    .argument('<id...>', 'runs')
    .action(async (ids: string[], { set }: { set: RunPriority }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const priority = runPriority.parse(set)
      const state = await withStudio(workspace, (client) => client.queue.prioritize({ ids, priority }))
      show(isJson, state, () => `${formatList(ids)} ${ids.length === 1 ? 'has' : 'have'} ${priority} priority.`)
    })
}

/** The run before which others are moved; null for the end. */
function targetOf(
  queued: readonly QueuedEntry[],
  ids: readonly string[],
  { before, after, first }: MoveOptions,
): string | null {
  if (before !== undefined) return before
  const priority = queued.find(({ runId }) => runId === ids[0])?.priority
  const others = queued.filter((run) => run.priority === priority && !ids.includes(run.runId))
  if (first === true) return others[0]?.runId ?? null
  if (after === undefined) return null
  const index = others.findIndex(({ runId }) => runId === after)
  if (index < 0)
    throw new StudioError(
      'run-state',
      `The run ${after} does not wait with the same priority.`,
      '"queue list" shows the runs that wait.',
    )
  return others[index + 1]?.runId ?? null
}

function reasonText({ reason }: QueuedEntry): string {
  switch (reason.kind) {
    case 'held':
      return 'held'
    case 'inputs':
      return `waits for ${formatList(reason.runIds)}`
    case 'cards':
      return reason.message
    case 'slot':
      return 'waits for a slot'
  }
}
