import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Card } from '#contract/domain/card.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import { runFile } from '#contract/domain/run.ts'
import { describeTargetCost } from '#contract/domain/target-cost.ts'
import { runFiles } from '#contract/layout.ts'
import { compareWithMachine, MemoryEstimates, roomiestCard } from '#main/pipelines/memory.ts'
import { folderOf, importFolder, openTestStudio, requestFor, temporaryFolder, videosOf } from '../support.ts'

const { configuration } = requestFor('shapes')
const memoryOf = (stage: StageMemory['stage'], gibibytes: number): StageMemory => ({
  stage,
  parts: { process: gibibytes * 2 ** 30, state: 0, activations: 0, frozen: 0, batches: 0 },
  totalBytes: gibibytes * 2 ** 30,
})

test('a stage that does not fit is named with what is free and the settings to change', () => {
  const { warnings } = compareWithMachine(
    [memoryOf('video-teacher', 3), memoryOf('finetune', 5)],
    configuration,
    4 * 2 ** 30,
  )
  expect(warnings).toMatchInlineSnapshot(`
    [
      "Fine-tuning needs about 5.0 GiB of memory, and 4.0 GiB are free. To use less: set finetune.recomputeBlocks (false) to true; or lower finetune.batchSize (2) and raise finetune.accumulationSteps (1) by the same factor, which leaves the steps unchanged; or lower clip.imageSize (64), clip.frames (16), or finetune.width (96).",
    ]
  `)
})

test('teacher features beyond the budget of their cache are a warning with the budget that holds them', () => {
  const targets = { videos: 480, clips: 4, bytes: 20.5 * 2 ** 30, teacherShare: 0.8, computedShare: 0.25 }
  const stages = [{ ...memoryOf('distill', 1), targets }]
  const warningsFor = (budget: number) => compareWithMachine(stages, configuration, 4 * 2 ** 30, null, budget).warnings
  expect(warningsFor(21 * 2 ** 30)).toEqual([])
  expect(warningsFor(16 * 2 ** 30)).toEqual([
    'Distillation keeps 20.5 GiB of teacher features, and the budget of their cache is 16.0 GiB: teachers compute the features of the other clips each time. Raise the budget in the settings, or with: targets budget 21',
  ])
  expect(describeTargetCost(targets)).toBe(
    "Distillation keeps the teachers' features of 4 clips of each of 480 videos: 20.5 GiB of disk space. Reading them saves about 60 % of its operations.",
  )
})

const onCard = (gibibytes: number): StageMemory['card'] => ({
  precision: 'bfloat16',
  parts: { context: 0, state: 0, activations: gibibytes * 2 ** 30, frozen: 0 },
  totalBytes: gibibytes * 2 ** 30,
})
const card = (name: string, used: number | null): Card => ({
  index: 0,
  uuid: name,
  name,
  driverVersion: '580',
  memoryBytes: 24 * 2 ** 30,
  usedMemoryBytes: used === null ? null : used * 2 ** 30,
  computeCapability: '8.6',
  isExclusive: false,
  processes: [],
})

test('a stage that does not fit the graphics card is named with the card and what is free on it', () => {
  const roomiest = roomiestCard([card('A', 20), card('B', 1), { ...card('C', null), memoryBytes: null }])
  expect(roomiest).toEqual({ name: 'B', memoryBytes: 24 * 2 ** 30, freeBytes: 23 * 2 ** 30 })
  expect(roomiestCard([])).toBeNull()
  const stages = [
    { ...memoryOf('distill', 1), card: onCard(23) },
    { ...memoryOf('finetune', 1), card: onCard(30) },
  ]
  expect(compareWithMachine(stages, configuration, 4 * 2 ** 30, roomiest).warnings).toEqual([
    expect.stringMatching(
      /^Fine-tuning needs about 30\.0 GiB on the graphics card, and B has 24\.0 GiB, of which 23\.0 GiB are free\. To use less: set finetune\.recomputeBlocks/,
    ),
  ])
  expect(compareWithMachine(stages, configuration, 4 * 2 ** 30).warnings).toEqual([])
})

test('an estimate is made once for each configuration', async () => {
  const asked: string[] = []
  const estimates = new MemoryEstimates((name, input) => {
    const { stage } = input as TaskInput<'estimate'>
    asked.push(`${name} ${stage}`)
    return Promise.resolve(memoryOf(stage, 1)) as never
  })
  const input = { stage: 'finetune', configuration, manifest: 'm', labels: null, models: {} } as const
  const { signal } = new AbortController()
  const larger = {
    ...input,
    configuration: { ...configuration, finetune: { ...configuration.finetune, batchSize: 9 } },
  }
  expect(await estimates.of([input, { ...input, stage: 'evaluate' }], signal)).toEqual([
    memoryOf('finetune', 1),
    memoryOf('evaluate', 1),
  ])
  await estimates.of([input], signal)
  await estimates.of([larger], signal)
  expect(asked).toEqual(['estimate finetune', 'estimate evaluate', 'estimate finetune'])
})

test('the studio estimates the memory of the stages of a request', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const estimate = await studio.client.pipelines.memory(
    requestFor('shapes', (changed) => (changed.stages = ['video-teacher'])),
  )
  expect(estimate.stages).toEqual([
    {
      stage: 'video-teacher',
      parts: { process: 2 ** 28, state: 0, activations: 2 * 2 ** 40, frozen: 0, batches: 0 },
      totalBytes: 2 ** 28 + 2 * 2 ** 40,
    },
  ])
  expect(estimate.freeBytes).toBeGreaterThan(2 ** 20)
  expect(estimate.warnings).toEqual([
    expect.stringMatching(
      /^Video teacher needs about 2048\.3 GiB of memory, and [\d.]+ GiB are free\. To use less: set video-teacher\.recomputeBlocks \(false\) to true; or lower/,
    ),
  ])
})

test('a run stores its memory estimate if one was made before its launch', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const request = requestFor('shapes', (changed) => (changed.stages = ['video-teacher']))
  const fileOf = ({ runIds }: Pipeline) =>
    runFile.parse(JSON.parse(readFileSync(join(workspace, 'runs', runIds[0]!, runFiles.run), 'utf8')))

  expect(fileOf(await studio.client.pipelines.launch(request)).memory).toBeUndefined()
  const { stages } = await studio.client.pipelines.memory(request)
  expect(fileOf(await studio.client.pipelines.launch(request)).memory).toEqual(stages[0])
})
