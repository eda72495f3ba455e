import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stateOf } from '#contract/domain/run-state.ts'
import { reindex } from '#main/app/reindex.ts'
import type { ChildSettings } from '../../fixtures/training-child.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  untilRun,
  untilStatus,
  videosOf,
} from '../support.ts'

const endless = { steps: 100_000, stepMs: 5, checkpointEvery: 100_000 }

/** A studio with pipelines of one or two teachers; the first run computes and the others wait. */
async function launch(names: readonly string[], settings: Partial<ChildSettings> = endless) {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, settings)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  for (const name of names)
    await studio.client.pipelines.launch({
      ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
      name,
    })
  const [first] = names.map((name) => `${name}.image-teacher`)
  await untilRun(studio, first!, (run) => run.step >= 2)
  return { studio, workspace }
}
const idOf = (name: string) => `${name}.image-teacher`
const order = async ({ client }: TestStudio) =>
  (await client.queue.get({})).queued.map(({ runId }) => runId.replace('.image-teacher', '')).join(' ')
const stopAll = async (studio: TestStudio) => {
  for (const { id, status } of await studio.client.runs.list({}))
    if (status === 'queued') await studio.client.runs.stop({ id })
  for (const { id, status } of await studio.client.runs.list({}))
    if (status === 'running') {
      await studio.client.runs.stop({ id })
      await untilStatus(studio, id, 'stopped')
    }
}

test('a paused run frees its slot, and comes back in front of those that wait', async () => {
  const { studio } = await launch(['a', 'b', 'c'])
  const { client } = studio
  expect(stateOf(await client.runs.pause({ id: idOf('a') }))).toBe('pausing')
  const paused = await untilStatus(studio, idOf('a'), 'stopped')
  expect([stateOf(paused), paused.checkpointCount]).toEqual(['paused', 1])
  await untilRun(studio, idOf('b'), (run) => run.step >= 1)
  expect(await refusal(client.runs.pause({ id: idOf('c') }))).toBe(
    'run-state: The run c.image-teacher is queued, so it cannot be paused.\nOnly a run that computes can be paused. One that waits can be held.',
  )
  await client.runs.resume({ id: idOf('a') })
  expect(await order(studio)).toBe('a c')
  await client.runs.stop({ id: idOf('b') })
  const again = await untilRun(studio, idOf('a'), (run) => run.attempt === 2 && run.step > paused.step)
  expect(stateOf(again)).toBe('running')
  await stopAll(studio)
})

test('a run that is saved now goes on; ended now, it loses what it computed since', async () => {
  const { studio, workspace } = await launch(['a'])
  const { client } = studio
  await client.runs.save({ id: idOf('a') })
  const saved = await untilRun(studio, idOf('a'), (run) => run.checkpointCount === 1 && (run.unsaved?.ms ?? 0) > 0)
  const later = await untilRun(studio, idOf('a'), (run) => run.step >= saved.step + 10)
  expect(later.unsaved!.fromStep).toBeGreaterThan(0)
  expect(later.step - later.unsaved!.fromStep).toBeGreaterThanOrEqual(9)
  expect(later.unsaved!.ms).toBeLessThan(later.durationMs)
  await client.runs.end({ id: idOf('a') })
  const ended = await untilStatus(studio, idOf('a'), 'stopped')
  expect([stateOf(ended), ended.exit, ended.error]).toEqual([
    'stopped',
    'signal SIGKILL, by the studio, on request',
    null,
  ])
  expect(await refusal(client.runs.save({ id: idOf('a') }))).toContain('is stopped, so it cannot be saved')
  // The rebuilt database says the same.
  await studio.close()
  await reindex({ workspace })
  const again = await openTestStudio(workspace, endless, false)
  const { run } = await again.client.runs.get({ id: idOf('a') })
  expect([stateOf(run), run.endedAt]).toEqual(['stopped', ended.endedAt])
  await again.close()
  const working = await openTestStudio(workspace, endless)
  await working.client.runs.resume({ id: idOf('a') })
  const resumed = await untilRun(working, idOf('a'), (run) => run.attempt === 2)
  expect(resumed.unsaved?.fromStep).toBe(later.unsaved!.fromStep)
  await stopAll(working)
})

test('a run that is ended before it begins is stopped', async () => {
  const { studio } = await launch(['a', 'b'])
  await studio.client.runs.stop({ id: idOf('a') })
  await untilStatus(studio, idOf('b'), 'running')
  await studio.client.runs.end({ id: idOf('b') })
  expect(stateOf(await untilStatus(studio, idOf('b'), 'stopped'))).toBe('stopped')
})

test('the order of the queue, what is held and priorities outlive the studio and its database', async () => {
  const { studio, workspace } = await launch(['a', 'b', 'c', 'd', 'e'])
  const { client } = studio
  expect(await order(studio)).toBe('b c d e')
  await client.queue.move({ ids: [idOf('e')], before: idOf('b') })
  await client.queue.move({ ids: [idOf('b')], before: null })
  await client.queue.hold({ ids: [idOf('e')] })
  expect(await order(studio)).toBe('e c d b')
  await client.queue.prioritize({ ids: [idOf('b')], priority: 'high' })
  expect(await order(studio)).toBe('b e c d')
  expect(await refusal(client.queue.move({ ids: [idOf('c')], before: idOf('b') }))).toBe(
    'bad-request: c.image-teacher has normal priority and b.image-teacher has high priority, so their order cannot be changed.\nGive them the same priority first.',
  )
  expect(await refusal(client.queue.move({ ids: [idOf('a')], before: null }))).toContain('is not in the queue')
  expect(await refusal(client.queue.hold({ ids: [idOf('a')] }))).toContain('One that computes can be paused')
  expect(await refusal(client.queue.hold({ ids: ['x'] }))).toContain('There is no run x')
  await client.runs.stop({ id: idOf('a') })
  await untilRun(studio, idOf('b'), (run) => run.step >= 1)
  await studio.close()
  await reindex({ workspace })
  const again = await openTestStudio(workspace, endless)
  expect(await order(again)).toBe('e c d')
  expect(stateOf((await again.client.runs.get({ id: idOf('e') })).run)).toBe('held')
  // The held run is passed over, and starts when it is released.
  await again.client.runs.stop({ id: idOf('b') })
  await untilRun(again, idOf('c'), (run) => run.step >= 1)
  await again.client.queue.release({ ids: [idOf('e')] })
  await again.client.runs.stop({ id: idOf('c') })
  await untilRun(again, idOf('e'), (run) => run.step >= 1)
  await stopAll(again)
})

test('a cancelled pipeline leaves the queue; undoing it brings every run back to where it was', async () => {
  const { studio } = await launch(['a', 'b'])
  const { client } = studio
  await client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher', 'video-teacher', 'distill'])),
    name: 'p',
  })
  await client.queue.move({ ids: ['p.image-teacher'], before: idOf('b') })
  await client.queue.hold({ ids: ['p.video-teacher'] })
  const before = await client.queue.get({})
  await client.runs.pause({ id: idOf('a') })
  const computing = await untilRun(studio, 'p.image-teacher', (run) => run.step >= 3)
  const cancelled = await client.pipelines.cancel({ id: 'p' })
  expect(cancelled.map((run) => [run.id, stateOf(run)])).toEqual([
    ['p.video-teacher', 'stopped'],
    ['p.distill', 'stopped'],
    ['p.image-teacher', 'pausing'],
  ])
  // At once, while it is still saving.
  await client.queue.restore({ ids: cancelled.map(({ id }) => id) })
  const resumed = await untilRun(
    studio,
    'p.image-teacher',
    (run) => run.attempt === 2 || (run.status === 'queued' && run.attempt === 1),
  )
  expect(resumed.status).not.toBe('stopped')
  const rest = (await client.queue.get({})).queued.filter(
    ({ runId }) => runId !== 'p.image-teacher' && runId !== idOf('b'),
  )
  expect(rest).toEqual(before.queued.filter(({ runId }) => runId !== 'p.image-teacher' && runId !== idOf('b')))
  expect(computing.step).toBeGreaterThan(0)
  await stopAll(studio)
  // Later, when it was saved.
  await client.runs.resumePipeline({ id: 'p' })
  await untilRun(studio, 'p.image-teacher', (run) => run.status === 'running' && run.step > 0)
  const again = await client.pipelines.cancel({ id: 'p' })
  expect(stateOf(await untilStatus(studio, 'p.image-teacher', 'stopped'))).toBe('paused')
  expect(await refusal(client.pipelines.cancel({ id: 'p' }))).toContain('there is nothing to cancel')
  await client.queue.restore({ ids: again.map(({ id }) => id) })
  await untilRun(studio, 'p.image-teacher', (run) => run.status === 'running')
  await stopAll(studio)
})

test('slots that share the processor share its threads, and a run that continues keeps its own', async () => {
  const { studio, workspace } = await launch(['a', 'b', 'c'])
  const { client } = studio
  const { processors, slots, threads, computing } = await client.queue.get({})
  expect({ slots, threads, computing }).toEqual({
    slots: 1,
    threads: processors,
    computing: [{ runId: idOf('a'), slot: 1, threads: processors, cards: [] }],
  })
  const settings = await client.settings.get({})
  await client.settings.set({ ...settings, scheduler: { slots: 2 } })
  await untilRun(studio, idOf('b'), (run) => run.step >= 1)
  const share = Math.max(1, Math.floor(processors / 2))
  const shared = [
    { runId: idOf('a'), slot: 1, threads: processors, cards: [] },
    { runId: idOf('b'), slot: 2, threads: share, cards: [] },
  ]
  expect((await client.queue.get({})).computing).toEqual(shared)
  await studio.close()
  const again = await openTestStudio(workspace, endless)
  expect((await again.client.queue.get({})).computing).toEqual(shared)
  await stopAll(again)
})

test('what a queued run computes was frozen at its launch', async () => {
  const { studio, workspace } = await launch(['a', 'b'])
  const file = join(workspace, 'runs', idOf('b'), 'run.json')
  const frozen = readFileSync(file, 'utf8')
  const request = await studio.client.pipelines.requestOf({ id: 'b' })
  request.request.configuration.general.seed += 1
  await studio.client.pipelines.launch({ ...request.request, name: 'c' })
  await studio.client.settings.set({ ...(await studio.client.settings.get({})), scheduler: { slots: 2 } })
  await studio.client.queue.prioritize({ ids: [idOf('c')], priority: 'high' })
  expect(readFileSync(file, 'utf8')).toBe(frozen)
  // The dataset is frozen by its digest: a run refuses another one.
  expect(JSON.parse(frozen).dataset.digest).toBe((await studio.client.datasets.get({ name: 'shapes' })).digest)
  expect(await refusal(studio.client.datasets.remove({ name: 'shapes' }))).toContain('shapes')
  expect(existsSync(join(workspace, 'datasets', 'shapes', 'manifest.json'))).toBe(true)
  writeFileSync(join(workspace, 'runs', 'child.json'), JSON.stringify({ ...endless, steps: 2 }))
  await stopAll(studio)
})
