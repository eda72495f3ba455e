import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { TrashItem } from '#contract/domain/trash.ts'
import type { Stage } from '#contract/stages/index.ts'
import { reindex } from '#main/app/reindex.ts'
import { neededRuns } from '#main/trash/plan.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  untilRun,
  videosOf,
} from '../support.ts'

/** A workspace with a pipeline `p`, finished unless the studio does not work. */
async function pipelineOf(stages: Stage[], works = true) {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, {}, works)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = stages)),
    name: 'p',
  })
  // A process exits after its run has finished, and the studio notes how.
  if (works)
    for (const stage of stages)
      await untilRun(studio, `p.${stage}`, ({ status, exit }) => status === 'finished' && exit !== undefined)
  return { workspace, studio }
}

const run = (id: string): TrashItem => ({ kind: 'run', id })
const pipeline: TrashItem = { kind: 'pipeline', id: 'p' }

/** Moves to the trash as soon as the processes have ended. */
async function put({ client }: TestStudio, ...items: TrashItem[]) {
  const entries = await vi.waitFor(async () => await client.trash.put({ items }), { timeout: 20_000, interval: 50 })
  return entries.map(({ entryId }) => entryId)
}

/** Everything that the studio shows of the runs. */
async function shown({ client }: TestStudio) {
  const runs = (await client.runs.list({})).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return {
    runs,
    series: await client.metrics.series({ runIds: runs.map(({ id }) => id) }),
    checkpoints: (await client.checkpoints.list({})).map(({ id }) => id).toSorted(),
    logs: await Promise.all(runs.map(({ id }) => client.runs.log({ id }))),
  }
}

/** Without following links, unlike the recursive `readdir`. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesBelow(join(folder, entry.name)).map((name) => `${entry.name}/${name}`)
        : entry.isFile()
          ? [entry.name]
          : [],
    )
    .toSorted()
const runFiles = (workspace: string) => filesBelow(workspace).filter((name) => /^(runs|pipelines|trash)\//.test(name))
const sizeBelow = (folder: string) =>
  filesBelow(folder).reduce((sum, name) => sum + lstatSync(join(folder, name)).size, 0)

test('a run leaves the lists with all its rows, and comes back as it was', async () => {
  const { workspace, studio } = await pipelineOf(['image-teacher', 'video-teacher', 'distill'])
  const { client } = studio
  await client.organization.change({ items: [{ kind: 'run', id: 'p.distill', set: { name: 'Student', tags: ['x'] } }] })
  const before = await shown(studio)
  const files = runFiles(workspace)
  const [entryId] = await put(studio, run('p.distill'))
  const [entry] = await client.trash.list({})
  expect(entry).toMatchObject({ entryId, kind: 'run', id: 'p.distill', pipelineId: 'p', name: 'Student' })
  expect(entry!.sizeBytes).toBe(sizeBelow(join(workspace, 'trash', entryId!, 'runs')))
  expect(existsSync(join(workspace, 'runs', 'p.distill'))).toBe(false)
  expect((await shown(studio)).runs.map(({ id }) => id)).toEqual(['p.image-teacher', 'p.video-teacher'])
  expect((await client.runs.get({ id: 'p.image-teacher' })).pipeline.runIds).toEqual([
    'p.image-teacher',
    'p.video-teacher',
  ])
  await studio.close()

  // Neither reindex nor another start finds anything wrong with the pipeline.
  expect(await reindex({ workspace })).toMatchObject({ problems: [], runs: 2 })
  const again = await openTestStudio(workspace)
  expect(await again.client.trash.restore({ entryIds: [entryId!] })).toEqual({ entries: [entry], warnings: [] })
  expect(await shown(again)).toEqual(before)
  expect(runFiles(workspace)).toEqual(files)
  expect((await again.client.runs.get({ id: 'p.distill' })).pipeline.runIds).toEqual([
    'p.image-teacher',
    'p.video-teacher',
    'p.distill',
  ])
})

test('all runs of a pipeline are the pipeline; subscribers see it go and come; purging frees what it says', async () => {
  const { workspace, studio } = await pipelineOf(['image-teacher', 'video-teacher'])
  const { client } = studio
  const events = await client.runs.watch({})
  await events.next()
  const next = async (type: string) => {
    for (;;) {
      const { value, done } = await events.next()
      if (done === true) throw new Error('The stream of runs ended.')
      if (value.type === type) return value
    }
  }
  const [entryId] = await put(studio, run('p.image-teacher'), run('p.video-teacher'))
  const runIds = ['p.image-teacher', 'p.video-teacher']
  expect(await client.trash.list({})).toMatchObject([{ kind: 'pipeline', id: 'p', runIds }])
  expect(await next('removed')).toEqual({ type: 'removed', runIds, pipelineIds: ['p'] })
  expect(await shown(studio)).toEqual({ runs: [], series: [], checkpoints: [], logs: [] })
  const request = requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher']))
  expect(await refusal(client.pipelines.launch({ ...request, name: 'p' }))).toMatch(/^already-exists/)

  await client.trash.restore({ entryIds: [entryId!] })
  expect(await next('launched')).toMatchObject({ pipeline: { id: 'p', runIds } })
  expect((await client.runs.list({})).map(({ status }) => status)).toEqual(['finished', 'finished'])

  const size = await client.trash.preview({ items: [pipeline] })
  expect(size).toMatchObject({ items: [pipeline], runIds, pipelineIds: ['p'], kept: [] })
  const [second] = await put(studio, pipeline)
  const bytes = sizeBelow(join(workspace, 'trash', second!))
  const document = lstatSync(join(workspace, 'trash', second!, 'entry.json')).size
  expect(await client.trash.purge({ entryIds: [second!] })).toEqual({ bytes })
  expect(bytes - document).toBe(size.bytes)
  expect(readdirSync(join(workspace, 'trash'))).toEqual([])
  expect(await refusal(client.trash.restore({ entryIds: [second!] }))).toMatch(/^not-found/)
})

test('what is needed or unknown stays, and then nothing is moved', async () => {
  const { workspace, studio } = await pipelineOf(['image-teacher', 'video-teacher', 'distill'])
  await put(studio, run('p.distill'))
  await studio.client.trash.restore({ entryIds: ['p.distill~1'] })
  const refused = (...items: TrashItem[]) => refusal(studio.client.trash.put({ items }))
  expect(await refused(run('p.image-teacher'))).toMatch(
    /^run-state: The run p\.image-teacher stays: p\.distill needs its model/,
  )
  expect(await refused(run('p.distill'), run('q.distill'))).toMatch(/^not-found: There is no run q\.distill/)
  expect(await refused(run('../datasets'))).toMatch(/^not-found/)
  expect(await refused({ kind: 'pipeline', id: '..' })).toMatch(/^not-found/)
  expect(readdirSync(join(workspace, 'trash'))).toEqual([])
  // Before anything is moved, it is said what stays and why, and what of the rest can go.
  const preview = await studio.client.trash.preview({ items: [run('p.image-teacher'), run('p.video-teacher')] })
  expect(preview).toMatchObject({ items: [], bytes: 0 })
  expect(preview.kept).toEqual([
    { id: 'p.image-teacher', reason: 'needed', neededBy: ['p.distill'] },
    { id: 'p.video-teacher', reason: 'needed', neededBy: ['p.distill'] },
  ])
  // Together they can go.
  await put(studio, run('p.distill'), run('p.image-teacher'))
  const restored = await studio.client.trash.restore({ entryIds: ['p.distill~1'] })
  expect(restored.warnings).toEqual([expect.stringContaining('p.image-teacher')])
})

test('a certain checkpoint of a run is needed like its newest', () => {
  expect(
    neededRuns({ inputs: { imageTeacher: 'mae-base', videoTeacher: 'p.video-teacher', model: 'p.distill@6' } }),
  ).toEqual(['p.video-teacher', 'p.distill'])
})

test('a run in the queue stays', async () => {
  const { studio } = await pipelineOf(['image-teacher'], false)
  expect(await refusal(studio.client.trash.put({ items: [pipeline] }))).toMatch(
    /^run-state: The run p\.image-teacher is queued/,
  )
  const { items, kept } = await studio.client.trash.preview({ items: [pipeline] })
  expect({ items, kept }).toEqual({ items: [], kept: [{ id: 'p.image-teacher', reason: 'active', neededBy: [] }] })
})

test('links are neither followed nor moved, and nothing outside of the workspace changes', async () => {
  const { workspace, studio } = await pipelineOf(['image-teacher', 'video-teacher'])
  const outside = folderOf({ 'precious.txt': 'precious' })
  symlinkSync(outside, join(workspace, 'runs', 'p.image-teacher', 'linked'))
  const [entryId] = await put(studio, run('p.image-teacher'))
  expect((await studio.client.trash.list({}))[0]!.sizeBytes).toBe(sizeBelow(join(workspace, 'trash', entryId!, 'runs')))
  await studio.client.trash.purge({ entryIds: [entryId!] })
  expect(readFileSync(join(outside, 'precious.txt'), 'utf8')).toBe('precious')

  const refused = () => refusal(studio.client.trash.put({ items: [pipeline] }))
  const folder = join(workspace, 'runs', 'p.video-teacher')
  const elsewhere = join(temporaryFolder(), 'moved')
  renameSync(folder, elsewhere)
  symlinkSync(elsewhere, folder)
  await vi.waitFor(async () => expect(await refused()).toContain('is a link'), { timeout: 20_000 })
  expect(existsSync(join(elsewhere, 'run.json'))).toBe(true)
  rmSync(folder)
  renameSync(elsewhere, folder)

  rmSync(join(workspace, 'trash'), { recursive: true })
  symlinkSync(outside, join(workspace, 'trash'))
  expect(await refused()).toContain('is a link')
  expect(await studio.client.trash.list({})).toEqual([])
  expect(readdirSync(outside)).toEqual(['precious.txt'])
})

test('an entry whose document leads out of the trash is reported and left alone', async () => {
  const workspace = temporaryFolder()
  const folder = join(workspace, 'trash', 'p~1')
  mkdirSync(folder, { recursive: true })
  const entry = {
    version: 1,
    kind: 'run',
    id: 'p.distill',
    pipelineId: 'p',
    name: null,
    runIds: ['../datasets'],
    trashedAt: '',
    sizeBytes: 0,
    state: 'moving-out',
  }
  writeFileSync(join(folder, 'entry.json'), JSON.stringify(entry))
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const studio = await openTestStudio(workspace)
  expect(await studio.client.trash.list({})).toEqual([])
  expect(stderr.mock.calls.join('')).toContain('This is not the id of a run')
  stderr.mockRestore()
  expect(existsSync(join(workspace, 'datasets'))).toBe(true)
})

test('a move that was killed before the database is completed at the next start', async () => {
  const { workspace, studio } = await pipelineOf(['image-teacher', 'video-teacher'])
  const before = await shown(studio)
  const [entryId] = await put(studio, run('p.image-teacher'))
  await studio.close()
  const trash = join(workspace, 'trash')
  const folder = join(trash, entryId!)
  const document: object = JSON.parse(readFileSync(join(folder, 'entry.json'), 'utf8'))
  const setState = (state: string) => writeFileSync(join(folder, 'entry.json'), JSON.stringify({ ...document, state }))

  // Killed between the renames and the database of a restore.
  renameSync(join(folder, 'runs', 'p.image-teacher'), join(workspace, 'runs', 'p.image-teacher'))
  setState('moving-out')
  const restored = await openTestStudio(workspace)
  expect(await shown(restored)).toEqual(before)
  expect(readdirSync(trash)).toEqual([])
  await restored.close()

  // Killed before the renames of a move to the trash: the pipeline still lists the run, and so does the database.
  mkdirSync(join(folder, 'runs'), { recursive: true })
  mkdirSync(join(folder, 'pipelines'))
  setState('moving-in')
  const trashed = await openTestStudio(workspace)
  expect((await shown(trashed)).runs.map(({ id, status }) => [id, status])).toEqual([['p.video-teacher', 'finished']])
  expect(await trashed.client.trash.list({})).toMatchObject([{ id: 'p.image-teacher' }])
  await trashed.close()

  // Killed during a deletion.
  renameSync(folder, join(trash, `.${entryId}.purged`))
  const purged = await openTestStudio(workspace)
  expect(await purged.client.trash.list({})).toEqual([])
  expect(readdirSync(trash)).toEqual([])
})

test('restoring refuses what exists again, and a run without its pipeline', async () => {
  const { workspace, studio } = await pipelineOf(['image-teacher', 'video-teacher'])
  const [single] = await put(studio, run('p.image-teacher'))
  const [whole] = await put(studio, pipeline)
  const restore = (entryId: string) => refusal(studio.client.trash.restore({ entryIds: [entryId] }))
  expect(await restore(single!)).toMatch(/^run-state: .*its pipeline p is not in the workspace/)
  expect(await refusal(studio.client.trash.purge({ entryIds: [whole!] }))).toMatch(/^run-state: .*p\.image-teacher/)
  mkdirSync(join(workspace, 'runs', 'p.video-teacher'))
  expect(await restore(whole!)).toMatch(/^already-exists/)
  rmSync(join(workspace, 'runs', 'p.video-teacher'), { recursive: true })
  const { warnings } = await studio.client.trash.restore({ entryIds: [single!, whole!] })
  expect(warnings).toEqual([])
  expect((await studio.client.runs.list({})).map(({ id }) => id).toSorted()).toEqual([
    'p.image-teacher',
    'p.video-teacher',
  ])
})
