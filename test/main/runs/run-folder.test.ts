import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { unpackSeries } from '#contract/domain/packed-series.ts'
import { reindex } from '#main/app/reindex.ts'
import { sealLine } from '#node/event-line.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  requestFor,
  temporaryFolder,
  type TestStudio,
  untilRun,
  untilStatus,
  videosOf,
} from '../support.ts'

// The folder of a run is believed: damage to it is said, and costs neither points nor the truth of a status.

/** A studio with the run p.image-teacher, and what it prints. */
async function launched(settings: Parameters<typeof openTestStudio>[1] = {}) {
  const workspace = temporaryFolder()
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => said.mockRestore())
  const studio = await openTestStudio(workspace, settings)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  const id = 'p.image-teacher'
  const folder = join(workspace, 'runs', id)
  return {
    studio,
    workspace,
    id,
    folder,
    events: join(folder, 'events.jsonl'),
    sentences: () => said.mock.calls.map(([text]) => String(text)).join(''),
  }
}

async function finished(settings: Parameters<typeof openTestStudio>[1] = { steps: 40 }) {
  const world = await launched(settings)
  await untilStatus(world.studio, world.id, 'finished')
  const before = await stateOf(world.studio, world.id)
  await world.studio.close()
  return { ...world, before }
}

async function stateOf({ client }: TestStudio, id: string) {
  const { run } = await client.runs.get({ id })
  const [series] = await client.metrics.series({ runIds: [id], names: ['train/loss'] })
  const steps = series === undefined ? [] : [...unpackSeries(series, Buffer.from(series.columns, 'base64')).start]
  return { status: run.status, endedAt: run.endedAt, durationMs: run.durationMs, step: run.step, steps }
}

const half = (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))

test.each<[string, (file: string) => void, RegExp]>([
  ['cut', half, /is shorter than what was read of it\. Its points were read before and are kept/],
  ['emptied', (file) => truncateSync(file, 0), /is shorter than what was read of it/],
  ['deleted', (file) => rmSync(file), /is gone\. Its points were read before and are kept/],
])(
  'a finished run whose events are %s stays finished, keeps its points, and it is said',
  async (_, damage, sentence) => {
    const { workspace, id, events, before, sentences } = await finished()
    damage(events)
    const studio = await openTestStudio(workspace)
    expect(await stateOf(studio, id)).toEqual(before)
    expect(sentences()).toMatch(sentence)
    expect((await studio.client.runs.log({ id })).at(-1)?.message).toMatch(sentence)
    await studio.close()
    // The database is lost as well: the status is known still, and what is missing is said.
    const { problems } = await reindex({ workspace })
    expect(problems).toEqual([expect.stringContaining('points may be missing')])
    const again = await openTestStudio(workspace)
    expect((await stateOf(again, id)).status).toBe('finished')
  },
)

test('events that are cut while a run computes cost no point, and its end counts', async () => {
  const { studio, id, events } = await launched({ steps: 200, stepMs: 4, checkpointEvery: 50 })
  await untilRun(studio, id, (run) => run.step >= 30)
  truncateSync(events, 100)
  await untilRun(studio, id, (run) => run.step >= 60)
  rmSync(events)
  await untilStatus(studio, id, 'finished')
  const { steps } = await stateOf(studio, id)
  // The stand-in for the training process may lose a step that it wrote before the studio saw it.
  expect(steps.length).toBeGreaterThan(190)
  expect(new Set(steps).size).toBe(steps.length)
})

test('events of other processes, as from another machine, are read from the first line', async () => {
  const { workspace, id, events, sentences } = await finished({ steps: 40 })
  const lines = readFileSync(events, 'utf8').trimEnd().split('\n')
  const other = lines.map((line) => JSON.stringify({ ...JSON.parse(line), at: '2026-01-02T00:00:00.000Z' }))
  writeFileSync(events, `${[...other.slice(0, 20), ...other.slice(-1)].join('\n')}\n`)
  const studio = await openTestStudio(workspace)
  const after = await stateOf(studio, id)
  expect(after.status).toBe('finished')
  expect(after.steps.length).toBeGreaterThan(5)
  expect(after.steps.length).toBeLessThan(20)
  expect(sentences()).toMatch(
    /was replaced\. The run was read again from its first line\. It has \d+ points fewer than before\./,
  )
})

test('a changed line is named by its number, and the others are read', async () => {
  const { workspace, id, events } = await finished({ steps: 40 })
  const lines = readFileSync(events, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => sealLine(line))
  const changed = lines.findIndex((line) => line.includes('"step":7,'))
  lines[changed] = lines[changed]!.replace('"step":7,', '"step":9,')
  writeFileSync(events, `${lines.join('\n')}\n`)
  await reindex({ workspace })
  const studio = await openTestStudio(workspace)
  const { steps, status } = await stateOf(studio, id)
  expect([status, steps]).toEqual([
    'finished',
    Array.from({ length: 40 }, (_, index) => index + 1).filter((step) => step !== 7),
  ])
  const warnings = (await studio.client.runs.log({ id })).filter(({ level }) => level === 'warning')
  expect(warnings.map(({ message }) => message)).toEqual([
    `Line ${changed + 1} of events.jsonl is damaged and was skipped.`,
  ])
})

test.each(['torn', 'missing'])(
  'a %s process record while the process lives starts no second one, in its second attempt',
  async (damage) => {
    const { studio, workspace, id, folder } = await launched({ steps: 100_000, stepMs: 3, checkpointEvery: 10 })
    await untilRun(studio, id, (run) => run.step >= 15)
    await studio.client.runs.stop({ id })
    await untilStatus(studio, id, 'stopped')
    await studio.client.runs.resume({ id })
    await untilRun(studio, id, (run) => run.attempt === 2 && run.step >= 20)
    await studio.close()
    const record = join(folder, 'process.json')
    if (damage === 'torn') writeFileSync(record, '{"version"')
    else rmSync(record)
    const again = await openTestStudio(workspace, { steps: 100_000, stepMs: 3, checkpointEvery: 10 })
    const { run } = await again.client.runs.get({ id })
    expect([run.status, run.attempt]).toEqual(['running', 2])
    await again.client.runs.resume({ id })
    await untilRun(again, id, (later) => later.step > run.step + 5)
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').match(/"type":"started"/g)).toHaveLength(2)
    await again.client.runs.stop({ id })
    await untilStatus(again, id, 'stopped')
  },
)

test('events that are a folder make one run unreadable; it neither starts nor stops the others', async () => {
  const { workspace, id, events, sentences } = await finished()
  rmSync(events)
  mkdirSync(events)
  for (const prepare of [async () => undefined, () => reindex({ workspace })]) {
    await prepare()
    const studio = await openTestStudio(workspace)
    expect(['missing', 'finished']).toContain((await studio.client.runs.get({ id })).run.status)
    await studio.client.pipelines.launch({
      ...requestFor('shapes', (configuration) => (configuration.stages = ['video-teacher'])),
      name: `q${Math.random().toString(36).slice(2)}`,
    })
    await untilRun(studio, (await studio.client.runs.list({})).at(-1)!.id, (run) => run.status === 'finished')
    await studio.close()
  }
  expect(sentences()).toContain('events.jsonl is not a file.')
})

test.each<[string, (database: string) => void]>([
  ['a folder', (database) => (rmSync(database), mkdirSync(database))],
  ['no database', (database) => writeFileSync(database, 'not a database '.repeat(1000))],
  [
    'damaged pages',
    (database) => {
      const { size } = statSync(database)
      const file = openSync(database, 'r+')
      for (let position = 4096; position < size; position += 4096)
        writeSync(file, Buffer.alloc(2000, 7), 0, 2000, position)
    },
  ],
  [
    'of another schema by one byte',
    (database) => {
      const bytes = readFileSync(database)
      // Unused parts of pages hold earlier copies.
      for (let at = bytes.indexOf('last_at'); at !== -1; at = bytes.indexOf('last_at', at)) bytes.write('lost_at', at)
      writeFileSync(database, bytes)
    },
  ],
  [
    'damaged in one row',
    (file) => {
      const database = new Database(file)
      database.exec(`UPDATE run SET inputs = '{'`)
      database.close()
    },
  ],
])('a database that is %s is rebuilt when the studio opens, and it is said', async (_, damage) => {
  const { workspace, id, before, sentences } = await finished()
  const database = join(workspace, 'studio.sqlite')
  for (const ending of ['-wal', '-shm']) rmSync(database + ending, { force: true })
  damage(database)
  const studio = await openTestStudio(workspace)
  expect(await stateOf(studio, id)).toEqual(before)
  expect(sentences()).toMatch(/is damaged: .* It was rebuilt from the files of the workspace: 1 run, \d+ points\./)
  expect(existsSync(`${database}.damaged`)).toBe(true)
})

test('reindex leaves the database of a newer studio alone', async () => {
  const { workspace } = await finished()
  const file = join(workspace, 'studio.sqlite')
  const database = new Database(file)
  database.pragma('user_version = 999')
  database.close()
  copyFileSync(file, `${file}.copy`)
  await expect(reindex({ workspace })).rejects.toMatchObject({ code: 'workspace-newer' })
  expect(readFileSync(file).equals(readFileSync(`${file}.copy`))).toBe(true)
})

test('a torn last line waits for its end', async () => {
  const { workspace, id, events, before } = await finished()
  appendFileSync(events, '{"type":"metrics","at":"2026')
  const studio = await openTestStudio(workspace)
  expect(await stateOf(studio, id)).toEqual(before)
  expect((await studio.client.runs.log({ id })).filter(({ level }) => level === 'warning')).toEqual([])
})
