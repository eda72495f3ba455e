import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { LiveTensorBoard } from '#main/interop/live-tensorboard.ts'
import { endRecords, eventFileName, pointRecords, restartRecord, startRecords } from '#main/interop/tensorboard.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'
import { at, exportedRun, lines, metrics, started } from './runs.ts'

function setUp(events: readonly RunEvent[]) {
  const exported = exportedRun(events, { status: 'running', endedAt: null })
  const { id } = exported.run
  const root = join(temporaryFolder(), 'logs')
  const file = join(root, id, eventFileName(exported.run))
  const problems: string[] = []
  let folder: string | null = root
  const start = () =>
    new LiveTensorBoard({
      folder: () => folder,
      find: (wanted) => (wanted === id ? exported : undefined),
      runs: () => [{ id, isRunning: true }],
      onProblem: (cause) => problems.push(String(cause)),
    })
  /** One studio from its start to its end. */
  const session = async () => {
    const live = start()
    live.open()
    await live.close()
  }
  return {
    exported,
    root,
    file,
    problems,
    start,
    session,
    append: (...added: RunEvent[]) => appendFileSync(exported.events, lines(added)),
    turnOff: () => (folder = null),
    written: () => readFileSync(file).toString('hex'),
    expected: (...records: Buffer[]) => Buffer.concat([startRecords(exported), ...records]).toString('hex'),
  }
}

const point = (step: number, value: number) =>
  pointRecords([{ metric: 'a', step, value, timeMs: Date.parse(at(step)) }])

test('events are appended as they come, across studios and attempts', async () => {
  const { session, append, written, expected, exported } = setUp([started(1, 0), metrics(1, { a: 1 })])
  await session()
  expect(written()).toBe(expected(point(1, 1)))
  append(metrics(2, { a: 2 }))
  await session()
  await session()
  append(started(2, 1), metrics(2, { a: 20 }), { type: 'ended', at: at(5), status: 'finished', step: 2, error: null })
  await session()
  expect(written()).toBe(
    expected(
      point(1, 1),
      point(2, 2),
      restartRecord(Date.parse(at(1)), 1),
      point(2, 20),
      endRecords({ ...exported.run, status: 'finished', endedAt: at(5) }),
    ),
  )
})

test('after a crash between file and cursor no point is doubled', async () => {
  const { session, append, written, expected, file } = setUp([started(1, 0), metrics(1, { a: 1 })])
  await session()
  appendFileSync(file, point(2, 2).subarray(0, 20))
  append(metrics(2, { a: 2 }))
  await session()
  expect(written()).toBe(expected(point(1, 1), point(2, 2)))
})

test('a file that lost bytes is written again from its start', async () => {
  const { session, append, written, expected, file } = setUp([started(1, 0), metrics(1, { a: 1 })])
  await session()
  truncateSync(file, 10)
  append(metrics(2, { a: 2 }))
  await session()
  expect(written()).toBe(expected(point(1, 1), point(2, 2)))
})

test('nothing is written while it is off', async () => {
  const { session, turnOff, root } = setUp([started(1, 0), metrics(1, { a: 1 })])
  turnOff()
  await session()
  expect(existsSync(root)).toBe(false)
})

test('a folder that cannot be written is said once', async () => {
  const { start, root, problems, exported } = setUp([started(1, 0), metrics(1, { a: 1 })])
  writeFileSync(root, 'a file')
  const live = start()
  live.open()
  live.follow({ type: 'rewound', runId: exported.run.id, fromStep: 0 })
  await live.close()
  expect(problems).toEqual([expect.stringContaining('Nothing is written for TensorBoard: ')])
})

test('an earlier export is not continued', async () => {
  const { session, file, root, problems, exported } = setUp([started(1, 0), metrics(1, { a: 1 })])
  mkdirSync(join(root, exported.run.id), { recursive: true })
  writeFileSync(file, 'export')
  await session()
  expect(readFileSync(file, 'utf8')).toBe('export')
  expect(problems).toEqual([expect.stringContaining('is an earlier export')])
})

test('a studio writes the events of its runs to the folder of its settings', async () => {
  const folder = temporaryFolder()
  const studio = await openTestStudio(temporaryFolder())
  await studio.client.settings.set({ ...(await studio.client.settings.get({})), tensorboard: folder })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  const { runIds } = await studio.client.pipelines.launch(
    requestFor('shapes', (configuration) => {
      configuration.stages = ['video-teacher']
    }),
  )
  const id = runIds[0]!
  const run = await untilStatus(studio, id, 'finished')
  await studio.close()
  const bytes = readFileSync(join(folder, id, eventFileName(run)))
  for (const { name } of run.summaries) expect(bytes.includes(name)).toBe(true)
  expect(bytes.includes('_hparams_/session_end_info')).toBe(true)
})
