/** A studio in a process of its own, that a trial can kill. It answers messages of the process that forked it. */
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { openStudio } from '#main/app/studio.ts'
import { clockFile, shiftClock } from './clock.ts'

/** What a trial asks. */
export type Ask = { id: number; ask: 'run' | 'resume' | 'stop' | 'points' | 'log'; runId: string }
/** What it gets: the answer of the studio, or the sentence of a refusal. */
export type Answer = { id: number; value: unknown } | { id: number; refusal: string } | { ready: true }

const [workspace] = process.argv.slice(2)
if (workspace === undefined || process.send === undefined) throw new Error('This is forked by a trial.')
shiftClock(join(workspace, clockFile))
const studio = await openStudio({
  workspace,
  shell: 'browser',
  version: '0.0.0',
  resources: resolve(import.meta.dirname, '../../resources'),
  trainingEntry: resolve(import.meta.dirname, 'trainer.ts'),
})
const client = createRouterClient(studio.router)

async function answer({ ask, runId }: Ask): Promise<unknown> {
  switch (ask) {
    case 'run':
      return (await client.runs.get({ id: runId })).run
    case 'resume':
      return client.runs.resume({ id: runId })
    case 'stop':
      return client.runs.stop({ id: runId })
    case 'log':
      return client.runs.log({ id: runId, limit: 100 })
    case 'points':
      return client.metrics.series({ runIds: [runId], names: ['train/loss'] })
  }
}

process.on('message', (message: Ask) => {
  answer(message).then(
    (value) => process.send?.({ id: message.id, value } satisfies Answer),
    (cause: unknown) =>
      process.send?.({
        id: message.id,
        refusal: cause instanceof Error ? cause.message : String(cause),
      } satisfies Answer),
  )
})
process.on('disconnect', () => process.exit(0))
process.send({ ready: true } satisfies Answer)
