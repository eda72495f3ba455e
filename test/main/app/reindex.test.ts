import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { reindex } from '#main/app/reindex.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'

/** A workspace with a finished pipeline of two runs, closed. */
async function finishedWorkspace(): Promise<string> {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher', 'video-teacher'])),
    name: 'p',
  })
  await untilStatus(studio, 'p.image-teacher', 'finished')
  await untilStatus(studio, 'p.video-teacher', 'finished')
  await studio.close()
  return workspace
}

const runFolder = (workspace: string, stage = 'image-teacher') => join(workspace, 'runs', `p.${stage}`)

async function stateOf(workspace: string) {
  const studio = await openTestStudio(workspace, {}, false)
  const runs = await studio.client.runs.list({})
  const found = await studio.client.runs.get({ id: 'p.image-teacher' })
  await studio.close()
  return { statuses: runs.map(({ status }) => status), error: found.run.error, file: found.file }
}

const damages: [string, (folder: string) => void, RegExp][] = [
  ['a deleted run folder', (folder) => rmSync(folder, { recursive: true }), /is missing: its folder .* is gone\.$/],
  ['a run folder without run.json', (folder) => rmSync(join(folder, 'run.json')), /run\.json does not exist\.$/],
  [
    'a torn run.json',
    (folder) => writeFileSync(join(folder, 'run.json'), '{"version": 2, "id"'),
    /run\.json cannot be read/,
  ],
]

test.each(damages)('%s: only that run is missing, said once, after reindex', async (_, damage, sentence) => {
  const workspace = await finishedWorkspace()
  damage(runFolder(workspace))
  const report = await reindex({ workspace })
  expect(report).toMatchObject({ pipelines: 1, runs: 2, problems: [expect.stringMatching(sentence)] })
  expect(report.points).toBeGreaterThan(0)
  expect(await stateOf(workspace)).toEqual({
    statuses: ['missing', 'finished'],
    error: { code: 'not-found', message: expect.stringMatching(sentence), hint: expect.stringContaining('Restore') },
    file: null,
  })
})

test.each(damages)('%s is noticed when the studio opens', async (_, damage) => {
  const workspace = await finishedWorkspace()
  damage(runFolder(workspace))
  expect((await stateOf(workspace)).statuses).toEqual(['missing', 'finished'])
})

test('a run that is restored is what it was', async () => {
  const workspace = await finishedWorkspace()
  const file = join(runFolder(workspace), 'run.json')
  const content = readFileSync(file)
  rmSync(file)
  expect((await stateOf(workspace)).statuses).toEqual(['missing', 'finished'])
  writeFileSync(file, content)
  expect((await stateOf(workspace)).statuses).toEqual(['finished', 'finished'])
})

test.each([
  ['missing', (file: string) => rmSync(file)],
  ['torn', (file: string) => writeFileSync(file, '{"version"')],
])('a %s process record is written again, and the finished run does not start again', async (_, damage) => {
  const workspace = await finishedWorkspace()
  damage(join(runFolder(workspace), 'process.json'))
  const { problems } = await reindex({ workspace })
  expect(problems).toEqual([expect.stringContaining('It was written again from the events of the run.')])
  expect((await reindex({ workspace })).problems).toEqual([])
  expect((await stateOf(workspace)).statuses).toEqual(['finished', 'finished'])
})

test('runs of a deleted pipeline and folders that are no runs are named and left alone', async () => {
  const workspace = await finishedWorkspace()
  rmSync(join(workspace, 'pipelines', 'p.json'))
  mkdirSync(join(workspace, 'runs', 'notes'))
  const { problems } = await reindex({ workspace })
  expect(problems).toEqual([
    'The folder runs/notes is not a run of this workspace. It was left alone.',
    'The file pipelines/p.json is missing, so its runs are not listed: p.image-teacher, p.video-teacher. Restore the file from a backup, then run reindex.',
  ])
  // A new pipeline of that name would replace them.
  const studio = await openTestStudio(workspace)
  const request = { ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])), name: 'p' }
  expect(await refusal(studio.client.pipelines.launch(request))).toContain('There is already a pipeline called p.')
  expect(existsSync(join(runFolder(workspace), 'events.jsonl'))).toBe(true)
})

test('what is wrong is said once: by reindex, or at the next start; a mended and broken file again', async () => {
  const workspace = await finishedWorkspace()
  const damaged = join(workspace, 'pipelines', 'broken.json')
  const output = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => output.mockRestore())
  const saidAtStart = async (): Promise<string[]> => {
    output.mockClear()
    await stateOf(workspace)
    return output.mock.calls.map(([text]) => String(text))
  }
  writeFileSync(damaged, '{')
  expect(await saidAtStart()).toEqual([expect.stringContaining('broken.json cannot be read')])
  expect(await saidAtStart()).toEqual([])
  rmSync(damaged)
  expect(await saidAtStart()).toEqual([])
  writeFileSync(damaged, '{')
  expect(await saidAtStart()).toHaveLength(1)
  expect((await reindex({ workspace })).problems).toEqual([expect.stringContaining('broken.json cannot be read')])
  expect(await saidAtStart()).toEqual([])
})

test('a deleted dataset and a model without its card are named; everything else stays', async () => {
  const workspace = await finishedWorkspace()
  rmSync(join(workspace, 'datasets', 'shapes'), { recursive: true })
  mkdirSync(join(workspace, 'imports', 'teacher'))
  expect(await reindex({ workspace })).toMatchObject({
    pipelines: 1,
    runs: 2,
    problems: [
      'The dataset shapes is missing: a pipeline was trained on it, but its folder is gone.',
      expect.stringMatching(/^The imported model teacher is not listed/),
    ],
  })
  expect((await stateOf(workspace)).statuses).toEqual(['finished', 'finished'])
})
