import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Card } from '#contract/domain/card.ts'
import { cardOf, standInCards, standInProgram } from '../../support/nvidia-smi.ts'
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
const gib = 2 ** 30

/** Installs libraries of CUDA as far as the scheduler looks. */
function installCuda(): void {
  const data = temporaryFolder()
  mkdirSync(join(data, 'mvd-studio', 'onnx-cuda'), { recursive: true })
  writeFileSync(
    join(data, 'mvd-studio', 'onnx-cuda', 'installation.json'),
    JSON.stringify({ version: '1.29.0', cuda: 13, givenFolders: [], pythonFolders: [] }),
  )
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('XDG_DATA_HOME', data)
}

/** A studio on a machine with these cards. Its runs compute until they are stopped. */
async function openOn(cards: readonly Card[], workspace = temporaryFolder()) {
  installCuda()
  const report = standInCards(cards)
  const studio = await openTestStudio(workspace, { steps: 100_000, stepMs: 5, checkpointEvery: 100_000 })
  return { studio, workspace, report }
}

const teachers = (cards: number, engine: 'auto' | 'onnx-cpu' = 'auto') => ({
  ...requestFor('shapes', (configuration) => {
    configuration.stages = ['image-teacher', 'video-teacher']
    configuration.general.cards = cards
    configuration.general.engine = engine
  }),
  name: 'p',
})

const stopAll = async (studio: TestStudio, ...ids: string[]) => {
  for (const id of ids) {
    await studio.client.runs.stop({ id })
    await untilStatus(studio, id, 'stopped')
  }
}

const cardsIn = (workspace: string, id: string): string[] =>
  JSON.parse(readFileSync(join(workspace, 'runs', id, 'process.json'), 'utf8')).handle.cards

test('runs compute on different cards at the same time, and the cards say who holds them', async () => {
  const { studio, workspace } = await openOn([cardOf(0), cardOf(1)])
  await importFolder(studio, folderOf(videos))
  await studio.client.pipelines.launch(teachers(1))
  await untilRun(studio, 'p.image-teacher', (run) => run.step > 0)
  await untilRun(studio, 'p.video-teacher', (run) => run.step > 0)
  expect([cardsIn(workspace, 'p.image-teacher'), cardsIn(workspace, 'p.video-teacher')]).toEqual([
    [cardOf(0).uuid],
    [cardOf(1).uuid],
  ])
  const { cards } = await studio.client.system.cards({})
  expect(cards.map(({ index, heldBy }) => [index, heldBy])).toEqual([
    [0, 'p.image-teacher'],
    [1, 'p.video-teacher'],
  ])
  await stopAll(studio, 'p.image-teacher', 'p.video-teacher')
  expect((await studio.client.system.cards({})).cards.map(({ heldBy }) => heldBy)).toEqual([null, null])
})

test('a run waits for a card that another run holds, also after the studio was opened again', async () => {
  const { studio, workspace } = await openOn([cardOf(0)])
  await importFolder(studio, folderOf(videos))
  await studio.client.pipelines.launch(teachers(1))
  const sentence = 'Waits for a graphics card: card 0 is in use by the run p.image-teacher.'
  await untilRun(studio, 'p.video-teacher', (run) => run.waitsForCards === sentence)
  await untilRun(studio, 'p.image-teacher', (run) => run.step > 0)
  await studio.close()
  // As if the studio had ended before it stored the id of the process.
  const record = join(workspace, 'runs', 'p.image-teacher', 'process.json')
  const stored = JSON.parse(readFileSync(record, 'utf8'))
  writeFileSync(record, JSON.stringify({ ...stored, handle: { ...stored.handle, pid: null } }))

  const again = await openTestStudio(workspace, { steps: 100_000, stepMs: 5, checkpointEvery: 100_000 })
  await untilRun(again, 'p.video-teacher', (run) => run.waitsForCards === sentence)
  await stopAll(again, 'p.image-teacher')
  const started = await untilRun(again, 'p.video-teacher', (run) => run.step > 0)
  expect(started.waitsForCards).toBeUndefined()
  await stopAll(again, 'p.video-teacher')
})

test('a card that another program fills is avoided; the run says so', async () => {
  const busy = cardOf(0, { usedMemoryBytes: 90 * gib, processes: [{ pid: 4711, memoryBytes: 90 * gib }] })
  const { studio, report } = await openOn([busy])
  await importFolder(studio, folderOf(videos))
  await studio.client.pipelines.launch(teachers(1))
  await untilRun(
    studio,
    'p.image-teacher',
    (run) =>
      run.waitsForCards ===
      'Waits for a graphics card: card 0 is in use by other programs (90.0 GiB of 140 GiB, process 4711).',
  )
  report([cardOf(0)])
  // Any change of the queue looks at the cards again; without one, the studio does so every ten seconds.
  await studio.client.runs.stop({ id: 'p.video-teacher' })
  await studio.client.settings.set(await studio.client.settings.get({}))
  const started = await untilRun(studio, 'p.image-teacher', (run) => run.step > 0)
  expect(started.waitsForCards).toBeUndefined()
  await stopAll(studio, 'p.image-teacher')
})

test('a run takes several cards; more than the machine shows are refused at launch', async () => {
  const { studio, workspace } = await openOn([cardOf(0), cardOf(1)])
  await importFolder(studio, folderOf(videos))
  await studio.client.pipelines.launch(teachers(2))
  await untilRun(studio, 'p.image-teacher', (run) => run.step > 0)
  expect(cardsIn(workspace, 'p.image-teacher')).toEqual([cardOf(0).uuid, cardOf(1).uuid])
  await stopAll(studio, 'p.image-teacher')
  await untilRun(studio, 'p.video-teacher', (run) => run.step > 0)
  await stopAll(studio, 'p.video-teacher')

  vi.stubEnv('CUDA_VISIBLE_DEVICES', '1')
  expect(await refusal(studio.client.pipelines.launch({ ...teachers(2), name: 'q' }))).toMatchInlineSnapshot(`
    "configuration-invalid: general.cards: 2 graphics cards are requested, and on this machine runs see only 1 card.
    Set general.cards to 1, or check the cards with nvidia-smi and the variable CUDA_VISIBLE_DEVICES."
  `)
  expect(await refusal(studio.client.pipelines.check({ ...teachers(2), name: 'q' }))).toContain('general.cards')
})

test('without the libraries of CUDA, and with an engine for the processor, runs take slots and no cards', async () => {
  standInCards([cardOf(0), cardOf(1)])
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('XDG_DATA_HOME', temporaryFolder())
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videos))
  await studio.client.pipelines.launch(teachers(1))
  await untilStatus(studio, 'p.video-teacher', 'finished')
  expect(cardsIn(workspace, 'p.video-teacher')).toEqual([])
  installCuda()
  await studio.client.pipelines.launch({ ...teachers(1, 'onnx-cpu'), name: 'q' })
  await untilStatus(studio, 'q.video-teacher', 'finished')
  expect(cardsIn(workspace, 'q.video-teacher')).toEqual([])
})

test('a driver that fails is reported, and runs start without cards', async () => {
  installCuda()
  standInProgram('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18')
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videos))
  expect(await studio.client.system.cards({})).toEqual({
    cards: [],
    problem: expect.stringContaining('Driver/library version mismatch'),
  })
  await studio.client.pipelines.launch(teachers(1))
  await untilStatus(studio, 'p.video-teacher', 'finished')
  expect(await refusal(studio.client.pipelines.launch({ ...teachers(2), name: 'q' }))).toContain(
    'Driver/library version mismatch',
  )
})
