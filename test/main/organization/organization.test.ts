import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { unorganized } from '#contract/domain/organization.ts'
import { reindex } from '#main/app/reindex.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  videosOf,
} from '../support.ts'

/** A workspace with the queued runs `p.image-teacher` and `p.video-teacher`. */
async function queuedPipeline() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, {}, false)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher', 'video-teacher'])),
    name: 'p',
  })
  return { workspace, studio }
}

const runFile = (workspace: string, id = 'p.image-teacher') => join(workspace, 'runs', id, 'organization.json')

async function organizations({ client }: TestStudio) {
  const { pipeline } = await client.runs.get({ id: 'p.image-teacher' })
  const runs = await client.runs.list({})
  return { pipeline: pipeline.organization, runs: runs.map(({ organization }) => organization) }
}

test('a change of runs and pipelines is stored in files, survives reindex, and its previous values undo it', async () => {
  const { workspace, studio } = await queuedPipeline()
  expect(await organizations(studio)).toEqual({ pipeline: unorganized, runs: [unorganized, unorganized] })
  const { previous } = await studio.client.organization.change({
    items: [
      { kind: 'run', id: 'p.image-teacher', set: { name: ' Base ', tags: ['b', 'a', 'b'], isStarred: true } },
      { kind: 'pipeline', id: 'p', set: { note: 'two\nlines', colour: 'teal', isArchived: true } },
    ],
  })
  expect(previous).toEqual([
    { kind: 'run', id: 'p.image-teacher', set: { name: null, tags: [], isStarred: false } },
    { kind: 'pipeline', id: 'p', set: { note: '', colour: null, isArchived: false } },
  ])
  const changed = {
    pipeline: { ...unorganized, note: 'two\nlines', colour: 'teal', isArchived: true },
    runs: [{ ...unorganized, name: 'Base', tags: ['a', 'b'], isStarred: true }, unorganized],
  }
  expect(await organizations(studio)).toEqual(changed)
  expect(JSON.parse(readFileSync(runFile(workspace), 'utf8'))).toEqual(changed.runs[0])
  await studio.close()

  expect((await reindex({ workspace })).problems).toEqual([])
  const again = await openTestStudio(workspace, {}, false)
  expect(await organizations(again)).toEqual(changed)
  await again.client.organization.change({ items: previous })
  expect(await organizations(again)).toEqual({ pipeline: unorganized, runs: [unorganized, unorganized] })
})

test('a change of which one item is refused changes nothing', async () => {
  const { workspace, studio } = await queuedPipeline()
  const first = { kind: 'run' as const, id: 'p.image-teacher', set: { isStarred: true } }
  const change = (...items: Parameters<typeof studio.client.organization.change>[0]['items']) =>
    refusal(studio.client.organization.change({ items: [first, ...items] }))
  expect(await change({ kind: 'run', id: 'p.distill', set: {} })).toMatch(/^not-found: There is no run p\.distill/)
  expect(await change({ kind: 'pipeline', id: '../p', set: {} })).toMatch(/^not-found/)
  expect(await change(first)).toMatch(/^bad-request: The run p\.image-teacher is given twice\./)
  expect(await change({ kind: 'run', id: 'p.video-teacher', set: { tags: ['Not a tag'] } })).toContain('lower-case')
  expect(await change({ kind: 'run', id: 'p.video-teacher', set: { name: 'two\nlines' } })).toContain('one line')
  rmSync(join(workspace, 'runs', 'p.video-teacher'), { recursive: true })
  expect(await change({ kind: 'run', id: 'p.video-teacher', set: { isStarred: true } })).toMatch(/^run-state: .*gone/)
  expect(existsSync(runFile(workspace))).toBe(false)
  expect((await organizations(studio)).runs[0]).toEqual(unorganized)
})

test('a change of which one file cannot be written changes nothing', async () => {
  const { workspace, studio } = await queuedPipeline()
  // The damaged file cannot be kept: its name is taken.
  writeFileSync(runFile(workspace, 'p.video-teacher'), 'damaged')
  mkdirSync(`${runFile(workspace, 'p.video-teacher')}.damaged`)
  const items = ['p.image-teacher', 'p.video-teacher'].map((id) => ({
    kind: 'run' as const,
    id,
    set: { isStarred: true },
  }))
  expect(await refusal(studio.client.organization.change({ items }))).toContain('p.video-teacher')
  expect(existsSync(runFile(workspace))).toBe(false)
  expect(readFileSync(runFile(workspace, 'p.video-teacher'), 'utf8')).toBe('damaged')
  expect((await organizations(studio)).runs).toEqual([unorganized, unorganized])
})

test('a damaged file is said, ignored for its run only, and kept when the run is organized again', async () => {
  const { workspace, studio } = await queuedPipeline()
  await studio.client.organization.change({
    items: ['p.image-teacher', 'p.video-teacher'].map((id) => ({ kind: 'run', id, set: { tags: ['kept'] } })),
  })
  await studio.close()
  writeFileSync(runFile(workspace), '{"name": "torn')
  expect((await reindex({ workspace })).problems).toEqual([expect.stringContaining(runFile(workspace))])

  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const again = await openTestStudio(workspace, {}, false)
  stderr.mockRestore()
  expect((await organizations(again)).runs).toEqual([unorganized, { ...unorganized, tags: ['kept'] }])
  await again.client.organization.change({ items: [{ kind: 'run', id: 'p.image-teacher', set: { isStarred: true } }] })
  expect(readFileSync(`${runFile(workspace)}.damaged`, 'utf8')).toBe('{"name": "torn')
  expect((await organizations(again)).runs[0]).toEqual({ ...unorganized, isStarred: true })
})

test('subscribers of runs see the changes', async () => {
  const { studio } = await queuedPipeline()
  const events = await studio.client.runs.watch({})
  await events.next()
  await studio.client.organization.change({
    items: [
      { kind: 'pipeline', id: 'p', set: { name: 'Sweep' } },
      { kind: 'run', id: 'p.video-teacher', set: { isStarred: true } },
    ],
  })
  expect((await events.next()).value).toMatchObject({
    type: 'pipeline-changed',
    pipeline: { organization: { name: 'Sweep' } },
  })
  expect((await events.next()).value).toMatchObject({
    type: 'changed',
    run: { id: 'p.video-teacher', organization: { isStarred: true } },
  })
})
