import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unpackSeries } from '#contract/domain/packed-series.ts'
import { memoryGuess, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { reindex } from '#main/app/reindex.ts'
import type { StallLimits } from '#main/runs/progress-watch.ts'
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

const videos = videosOf(['a', 'b'], 5)

/** A studio with a pipeline of the two teachers, of which the first is about to run. */
async function launch(settings: Partial<ChildSettings>, workspace = temporaryFolder(), stallLimits?: StallLimits) {
  const studio = await openTestStudio(workspace, settings, true, stallLimits)
  await importFolder(studio, folderOf(videos))
  const pipeline = await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher', 'video-teacher'])),
    name: 'p',
  })
  const [first, second] = pipeline.runIds as [string, string]
  return { studio, workspace, first, second, folder: join(workspace, 'runs', first) }
}

const pidOf = (folder: string): number => JSON.parse(readFileSync(join(folder, 'process.json'), 'utf8')).handle.pid
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')

async function loss({ client }: TestStudio, id: string) {
  const [series] = await client.metrics.series({ runIds: [id], names: ['train/loss'] })
  return series === undefined ? undefined : unpackSeries(series, Buffer.from(series.columns, 'base64')).start
}

test('a killed process leaves an interrupted run, which resumes from its last checkpoint', async () => {
  const { studio, first, second, folder } = await launch({ crashAt: 5 })
  const interrupted = await untilStatus(studio, first, 'interrupted')
  expect(interrupted.error).toMatchInlineSnapshot(`
    {
      "code": "run-failed",
      "hint": "The process was killed, which systems often do when memory runs out. To use less memory, launch a new pipeline with other settings: set image-teacher.recomputeBlocks (false) to true; or lower image-teacher.batchSize (2) and raise image-teacher.accumulationSteps (1) by the same factor, which leaves the steps unchanged; or lower image-teacher.imageSize (64) or image-teacher.width (96). Resume the run to continue from its last checkpoint.",
      "message": "The process of p.image-teacher ended without a result (signal SIGKILL) at step 5. Its last lines:
    computing p.image-teacher
    about to crash",
    }
  `)
  expect(interrupted).toMatchObject({ step: 5, attempt: 1, checkpointCount: 1, remainingMs: null, isStopping: false })
  expect(interrupted.endedAt).not.toBeNull()
  // The next run does not depend on it, so the queue has gone on; it crashes too.
  await untilStatus(studio, second, 'interrupted')

  const follow = await studio.client.runs.follow({ ids: [first] })
  const rewound = (async () => {
    for await (const event of follow) if (event.type === 'rewound') return event.fromStep
    return undefined
  })()
  expect(await studio.client.runs.resume({ id: first })).toMatchObject({ error: null, endedAt: null })
  const finished = await untilStatus(studio, first, 'finished')
  expect(await rewound).toBe(3)
  expect(finished).toMatchObject({ attempt: 2, step: 6, checkpointCount: 2, error: null })
  expect(await loss(studio, first)).toEqual([1, 2, 3, 4, 5, 6])
  expect(finished.summaries.find((summary) => summary.name === 'train/loss')).toEqual({
    name: 'train/loss',
    last: 1 / 6,
    lastStep: 6,
    min: 1 / 6,
    max: 1,
    count: 6,
  })
  expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').match(/"metrics","step":[45]/g)).toHaveLength(4)
  expect((await studio.client.runs.log({ id: first })).map((line) => line.message)).toEqual([
    'attempt 1 from step 0',
    'attempt 2 from step 3',
  ])
})

test('a run that fails says why, and what depends on it waits', async () => {
  const studio = await openTestStudio(temporaryFolder(), { failAt: 2 })
  await importFolder(studio, folderOf(videos))
  const request = requestFor('shapes', (configuration) => {
    configuration.stages = ['video-teacher', 'distill']
    configuration.distill.teachers = 'video'
  })
  await studio.client.pipelines.launch({ ...request, name: 'p' })
  const failed = await untilStatus(studio, 'p.video-teacher', 'failed')
  expect(failed.error).toEqual({
    code: 'run-failed',
    message: 'The loss became NaN at step 2.',
    hint: 'Lower the learning rate.',
  })
  const { run } = await studio.client.runs.get({ id: 'p.distill' })
  expect(run).toMatchObject({ status: 'queued', waitsFor: ['p.video-teacher'] })
  await studio.client.runs.resume({ id: 'p.video-teacher' })
  await untilStatus(studio, 'p.distill', 'failed')
})

test('a diverged run is not resumed, alone or with its pipeline', async () => {
  const { studio, first, second } = await launch({ failAt: 2, failCode: 'diverged' })
  await untilStatus(studio, second, 'failed')
  const refused = `run-state: The run ${first} diverged, and would diverge again if it were resumed. The loss became NaN at step 2.
Launch it again with other settings, such as pipeline rerun ${first} --set image-teacher.learningRate=VALUE. Lower the learning rate.`
  expect(await refusal(studio.client.runs.resume({ id: first }))).toBe(refused)
  expect(await refusal(studio.client.runs.resumePipeline({ id: 'p' }))).toBe(refused)
})

test('a process that is suspended is stalled; a second stop ends it', async () => {
  const limits = { leastMs: 300, startMs: 20_000, factor: 3 }
  const { studio, first, second, folder } = await launch(
    { steps: 100_000, stepMs: 2, checkpointEvery: 10 },
    undefined,
    limits,
  )
  await studio.client.runs.stop({ id: second })
  await untilRun(studio, first, (run) => run.step >= 20)
  const pid = pidOf(folder)
  process.kill(pid, 'SIGSTOP')
  const stalled = await untilRun(studio, first, (run) => run.stalledMs !== undefined)
  expect(stateOf(stalled)).toBe('stalled')
  process.kill(pid, 'SIGCONT')
  await untilRun(studio, first, (run) => run.stalledMs === undefined)
  process.kill(pid, 'SIGSTOP')
  await untilRun(studio, first, (run) => run.stalledMs !== undefined)
  await studio.client.runs.stop({ id: first })
  expect(isAlive(pid)).toBe(true)
  await studio.client.runs.stop({ id: first })
  const ended = await untilStatus(studio, first, 'interrupted')
  // It did not run out of memory, so that nothing says that it may have.
  expect([ended.exit, memoryGuess(ended)]).toEqual([
    'signal SIGKILL, by the studio, since it did not compute',
    undefined,
  ])
})

test('stopping saves and ends; a queued run leaves the queue at once; both can be resumed', async () => {
  const { studio, first, second } = await launch({ steps: 1000, stepMs: 5, checkpointEvery: 1000 })
  await untilRun(studio, first, (run) => run.step >= 2)
  expect((await studio.client.runs.stop({ id: second })).status).toBe('stopped')
  expect(await studio.client.runs.stop({ id: first })).toMatchObject({ status: 'running', isStopping: true })
  const stopped = await untilStatus(studio, first, 'stopped')
  expect(stopped).toMatchObject({ isStopping: false, checkpointCount: 1, error: null })
  expect(await refusal(studio.client.runs.stop({ id: first }))).toMatchInlineSnapshot(`
    "run-state: The run p.image-teacher is stopped, so it cannot be stopped.
    Only queued and running runs can be stopped."
  `)
  await studio.client.runs.resume({ id: first })
  const again = await untilRun(studio, first, (run) => run.attempt === 2 && run.step > stopped.step)
  expect(again.status).toBe('running')
  expect((await studio.client.runs.resume({ id: first })).status).toBe('running')
  // Resumed while it saves: it is queued again when it has.
  await studio.client.runs.stop({ id: first })
  expect(stateOf(await studio.client.runs.resume({ id: first }))).toBe('pausing')
  await untilRun(studio, first, (run) => run.attempt === 3 && run.step > again.step)
  await studio.client.runs.stop({ id: first })
  expect(stateOf(await untilStatus(studio, first, 'stopped'))).toBe('stopped')
  expect((await studio.client.runs.get({ id: second })).run.status).toBe('stopped')
})

test('a finished run cannot be resumed, and an unknown one is named', async () => {
  const { studio, second } = await launch({})
  await untilStatus(studio, second, 'finished')
  expect(await refusal(studio.client.runs.resume({ id: second }))).toMatchInlineSnapshot(`
    "run-state: The run p.video-teacher has finished, so there is nothing to resume.
    Launch a new pipeline to train further."
  `)
  expect(await refusal(studio.client.runs.get({ id: 'nobody' }))).toMatchInlineSnapshot(`
    "not-found: There is no run nobody.
    Run ids look like <pipeline>.<stage>; \`run list\` shows them."
  `)
})

test('the time left follows the pace of the run', async () => {
  const { studio, first } = await launch({ steps: 1000, stepMs: 10 })
  const run = await untilRun(studio, first, (run) => run.step >= 20)
  const perStep = run.remainingMs! / (1000 - run.step)
  expect(perStep).toBeGreaterThanOrEqual(9)
  expect(perStep).toBeLessThan(200)
  await studio.client.runs.stop({ id: first })
  await untilStatus(studio, first, 'stopped')
})

test('a studio that is closed and opened again while a run computes loses no point', async () => {
  const { studio, workspace, first, second, folder } = await launch({ steps: 150, stepMs: 5, checkpointEvery: 50 })
  await untilRun(studio, first, (run) => run.step >= 10)
  const pid = pidOf(folder)
  await studio.close()
  expect(isAlive(pid)).toBe(true)

  const again = await openTestStudio(workspace, { steps: 150, stepMs: 5, checkpointEvery: 50 })
  const run = (await again.client.runs.get({ id: first })).run
  expect(run).toMatchObject({ status: 'running', attempt: 1 })
  expect(pidOf(folder)).toBe(pid)
  const finished = await untilStatus(again, first, 'finished')
  expect(finished).toMatchObject({ attempt: 1, step: 150, checkpointCount: 3 })
  expect(await loss(again, first)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1))
  // The queue moves on although another studio had started the first process.
  await untilStatus(again, second, 'running')
})

test('a process that dies while no studio watches is found dead', async () => {
  const { studio, workspace, first, second, folder } = await launch({ steps: 10_000, stepMs: 5 })
  await untilRun(studio, first, (run) => run.step >= 3)
  await studio.client.runs.stop({ id: second })
  await studio.close()
  process.kill(pidOf(folder), 'SIGKILL')
  // A number that lives but belongs to someone else must not fool the studio.
  const record = JSON.parse(readFileSync(join(folder, 'process.json'), 'utf8'))
  writeFileSync(join(folder, 'process.json'), JSON.stringify({ ...record, handle: { pid: process.pid } }))
  appendFileSync(join(folder, 'events.jsonl'), '{"type":"metrics","at":"2026')

  const again = await openTestStudio(workspace, {})
  const { run } = await again.client.runs.get({ id: first })
  expect(run.status).toBe('interrupted')
  expect(run.error?.message).toContain('disappeared without a result at step ')
  await again.client.runs.resume({ id: first })
  await untilStatus(again, first, 'finished')
  expect(
    (await again.client.runs.log({ id: first }))
      .filter((line) => line.level === 'warning')
      .map((line) => line.message.replace(/\d+/, 'N')),
  ).toEqual(['Line N of events.jsonl is damaged and was skipped.'])
})

test('a process of an earlier studio that dies later is noticed', async () => {
  const { studio, workspace, first, second, folder } = await launch({ steps: 10_000, stepMs: 5 })
  await untilRun(studio, first, (run) => run.step >= 3)
  await studio.client.runs.stop({ id: second })
  await studio.close()
  const again = await openTestStudio(workspace, {})
  expect((await again.client.runs.get({ id: first })).run.status).toBe('running')
  process.kill(pidOf(folder), 'SIGKILL')
  expect((await untilStatus(again, first, 'interrupted')).error?.message).toContain('disappeared')
})

test('a process that dies before its first event leaves an interrupted run, whatever the attempt before said', async () => {
  const workspace = temporaryFolder()
  const { studio, first, second } = await launch({ crashAt: 1 }, workspace)
  await untilStatus(studio, second, 'interrupted')
  await studio.close()
  const again = await openTestStudio(workspace)
  // Removed behind the studio's back, which checks it only when it opens.
  rmSync(join(workspace, 'runs', first, 'run.json'))
  await again.client.runs.resume({ id: first })
  const run = await untilRun(
    again,
    first,
    (run) => run.status === 'interrupted' && run.error!.message.includes('ENOENT'),
  )
  expect(run.error?.message).toContain('ended without a result (exit code 1) at step 1.')
})

const everything = async ({ client }: TestStudio) => {
  const runs = await client.runs.list({})
  const perRun = async ({ id }: Run) => ({
    detail: await client.runs.get({ id }),
    log: await client.runs.log({ id }),
    media: await client.runs.media({ id }),
    series: await client.metrics.series({ runIds: [id] }),
  })
  return {
    runs,
    datasets: await client.datasets.list({}),
    checkpoints: await client.checkpoints.list({}),
    perRun: await Promise.all(runs.map(perRun)),
  }
}

test('the rebuilt database says the same as the one before', async () => {
  const { studio, workspace, first, second } = await launch({ crashAt: 5 })
  await untilStatus(studio, second, 'interrupted')
  await studio.client.runs.resume({ id: first })
  await untilStatus(studio, first, 'finished')
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'q',
  })
  await untilStatus(studio, 'q.image-teacher', 'interrupted')
  const request = requestFor('shapes', (configuration) => {
    configuration.stages = ['video-teacher', 'distill']
    configuration.distill.teachers = 'video'
  })
  await studio.client.pipelines.launch({ ...request, name: 'r' })
  await studio.client.runs.stop({ id: 'r.distill' })
  await untilStatus(studio, 'r.video-teacher', 'interrupted')

  const before = await everything(studio)
  expect(before.runs.map((run) => run.status)).toEqual([
    'finished',
    'interrupted',
    'interrupted',
    'interrupted',
    'stopped',
  ])
  await studio.close()
  expect(await reindex({ workspace })).toEqual({
    datasets: 1,
    experiments: 0,
    pipelines: 3,
    runs: 5,
    points: 42,
    models: 0,
    probes: 0,
    problems: [],
  })
  expect(await everything(await openTestStudio(workspace))).toEqual(before)
})

test('the database may vanish; the next start fills it again', async () => {
  const { studio, workspace, second } = await launch({})
  await untilStatus(studio, second, 'finished')
  const before = await studio.client.runs.list({})
  await studio.close()
  for (const ending of ['', '-wal', '-shm']) rmSync(join(workspace, `studio.sqlite${ending}`), { force: true })
  const again = await openTestStudio(workspace)
  expect(await again.client.runs.list({})).toEqual(before)
})

test('a studio that only looks leaves the queue alone', async () => {
  const workspace = temporaryFolder()
  const looking = await openTestStudio(workspace, {}, false)
  await importFolder(looking, folderOf(videos))
  await looking.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  await looking.close()
  const again = await openTestStudio(workspace, {}, false)
  expect((await again.client.runs.get({ id: 'p.image-teacher' })).run.status).toBe('queued')
  expect(existsSync(join(workspace, 'runs', 'p.image-teacher', 'process.log'))).toBe(false)
  await again.close()
  await untilStatus(await openTestStudio(workspace), 'p.image-teacher', 'finished')
})

test('a follower of a run gets every point once, in order, with its log, pictures and checkpoints', async () => {
  const { studio, second } = await launch({ steps: 200, stepMs: 1, checkpointEvery: 100 })
  const steps: number[] = []
  const others: string[] = []
  for await (const event of await studio.client.runs.follow({ ids: [second] })) {
    if (event.type === 'points')
      steps.push(...event.series.filter((series) => series.name === 'train/loss').flatMap((series) => series.steps))
    else others.push(event.type)
    if (event.type === 'checkpoint' && event.checkpoint.step === 200) break
  }
  expect(steps).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  expect(new Set(others)).toEqual(new Set(['log', 'media', 'checkpoint']))
  await untilStatus(studio, second, 'finished')
  expect((await studio.client.runs.media({ id: second })).map((item) => item.step)).toEqual([100, 200])
})

test('a damaged pipeline is named while the rest is indexed', async () => {
  const { studio, workspace, second } = await launch({})
  await untilStatus(studio, second, 'finished')
  await studio.close()
  writeFileSync(join(workspace, 'pipelines', 'broken.json'), '{"id": 3}')
  const report = await reindex({ workspace })
  expect(report).toMatchObject({ datasets: 1, pipelines: 1, runs: 2 })
  expect(report.problems.join('\n').replaceAll(workspace, '<workspace>')).toMatchInlineSnapshot(
    `"The file <workspace>/pipelines/broken.json is damaged: dataset: Invalid input: expected string, received undefined. preset: Invalid input: expected string, received undefined. labels: Invalid input: expected string, received undefined. configuration: Invalid input: expected object, received undefined. id: Invalid input: expected string, received number. And 3 more."`,
  )
})
