import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { checkpointFolder, checkpointFiles, runFiles } from '#contract/layout.ts'
import { newestCheckpoint, resultCheckpoint } from '#training/checkpoint/find.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import tiny from '../../../resources/presets/tiny.json' with { type: 'json' }
import { useSmallRuns } from '../stages/small-run.ts'
import { eventsOf, newFolder, run } from './train-in-folder.ts'

const { open } = useSmallRuns()
let engine: Engine
beforeAll(async () => {
  engine = await createEngine('onnx-cpu', { threads: 2 })
})
afterAll(() => engine.dispose())

const { finetune } = pipelineConfiguration.parse(tiny.configuration)
const task: RunFile['task'] = {
  stage: 'finetune',
  configuration: { ...finetune, patience: 2, monitor: 'validation/loss' },
}

/** A small stage of two steps per epoch whose validations have these losses. */
async function stageWith(losses: readonly number[]) {
  const { picture: _, ...stage } = await open('video-teacher', { epochs: 6, learningRate: 0.002 })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  let validations = 0
  return { ...stage, validate: () => Promise.resolve({ 'validation/loss': losses[validations++]! }) }
}

test('the last checkpoint knows that the patience is over: a run killed before it said so ends without another step', async () => {
  const folder = newFolder()
  const outcome = await run(folder, await stageWith([3, 1, 2, 2]), engine, task)
  expect(outcome).toMatchObject({
    status: 'finished',
    step: 8,
    earlyStop: { epoch: 4, plannedEpochs: 6, best: 1, bestEpoch: 2, bestStep: 4 },
  })
  expect(await run(folder, await stageWith([]), engine, task)).toEqual(outcome)
  expect((await newestCheckpoint(folder, () => {}))?.card).toMatchObject({
    step: 8,
    earlyStopping: { best: 1, bestStep: 4, reference: 1, waited: 2 },
  })
  // Steps are counted from the recorded ones: none was computed again.
  const steps = eventsOf(folder).flatMap((event) =>
    event.type === 'metrics' && 'train/loss' in event.values ? [event.step] : [],
  )
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('a run stands for its best checkpoint; if that is damaged, no other one takes its place', async () => {
  const folder = newFolder()
  await run(folder, await stageWith([3, 1, 2, 2]), engine, task)
  expect((await resultCheckpoint(folder, () => {}))?.card.step).toBe(4)
  const best = join(folder, runFiles.checkpoints, checkpointFolder(4))
  appendFileSync(join(best, checkpointFiles.model), ' ')
  await expect(resultCheckpoint(folder, () => {})).rejects.toMatchObject({ code: 'checkpoint-invalid' })
  rmSync(best, { recursive: true })
  await expect(resultCheckpoint(folder, () => {})).rejects.toThrow('checkpoint.json is missing')
})

test('without early stopping nothing of it is written, and a run stands for its newest checkpoint', async () => {
  const folder = newFolder()
  const outcome = await run(folder, await stageWith([3, 1, 2, 2, 2, 2]), engine)
  expect(outcome).toEqual({ status: 'finished', step: 12 })
  const found = await resultCheckpoint(folder, () => {})
  expect(found?.card.step).toBe(12)
  expect(found?.card).not.toHaveProperty('earlyStopping')
})
