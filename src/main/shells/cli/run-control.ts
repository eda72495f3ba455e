import type { Command } from 'commander'
import type { Run } from '#contract/domain/run.ts'
import { formatDuration, formatList, formatQuantity } from '#contract/format.ts'
import { type StudioClient, withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show } from './output.ts'

/** Adds the verbs that pause, save, stop, hold and release runs. */
export function addRunControlVerbs(run: Command): void {
  const each = (
    name: string,
    description: string,
    act: (client: StudioClient, id: string) => Promise<Run>,
    sentence: (run: Run) => string,
  ) =>
    run
      .command(name)
      .description(description)
      .argument('<id...>', 'runs')
      .action(async (ids: string[], _options: object, command: Command) => {
        const { workspace, isJson } = commonOf(command)
        const runs = await withStudio(workspace, async (client) => {
          const done: Run[] = []
          for (const id of ids) done.push(await act(client, id))
          return done
        })
        show(isJson, runs.length === 1 ? runs[0] : runs, () => runs.map(sentence).join('\n'))
      })

  each(
    'pause',
    'save a run that computes, end its process and free its slot; "run resume" continues it with the same bits, in front of the queue',
    (client, id) => client.runs.pause({ id }),
    ({ id }) => `${id} is saving its state and will be paused.`,
  )
  each(
    'save',
    'write a checkpoint of a run after its next step; it goes on computing',
    (client, id) => client.runs.save({ id }),
    ({ id }) => `${id} saves after its next step and goes on.`,
  )
  run
    .command('stop')
    .description('save a run and end its process, or with --now end it at once; remove a run that waits from the queue')
    .argument('<id>')
    .option('--now', 'do not save: what was computed after the last checkpoint is lost', false)
    .action(async (id: string, { now }: { now: boolean }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const stopped = await withStudio(workspace, async (client) => {
        if (!now) return client.runs.stop({ id })
        const { run } = await client.runs.get({ id })
        return { ...(await client.runs.end({ id })), ...(run.unsaved === undefined ? {} : { unsaved: run.unsaved }) }
      })
      show(isJson, stopped, (run) =>
        now
          ? `The process of ${id} is ended. ${lossText(run)}`
          : run.status === 'running'
            ? `${id} is saving its state and will stop.`
            : `${id} is ${run.status}.`,
      )
    })

  const queued = (name: 'hold' | 'release', description: string, done: string) =>
    run
      .command(name)
      .description(description)
      .argument('<id...>', 'runs')
      .action(async (ids: string[], _options: object, command: Command) => {
        const { workspace, isJson } = commonOf(command)
        const queue = await withStudio(workspace, (client) => client.queue[name]({ ids }))
        show(isJson, queue, () => `${formatList(ids)} ${ids.length === 1 ? 'is' : 'are'} ${done}.`)
      })
  queued('hold', 'keep runs of the queue from starting until they are released', 'held')
  queued('release', 'let held runs start', 'released')
}

/** What ending the process of a run loses. */
function lossText({ unsaved, step }: Run): string {
  if (unsaved === undefined) return 'It had computed nothing.'
  const lost = step - unsaved.fromStep
  return lost <= 0
    ? 'Nothing that it computed is lost.'
    : `${formatQuantity(lost, 'step')} after step ${unsaved.fromStep} are lost (${formatDuration(unsaved.ms)}).`
}
