import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import { runFile } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { compareWithMachine, MemoryEstimates } from '#main/pipelines/memory.ts'
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
