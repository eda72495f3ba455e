import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { runFiles } from '#contract/layout.ts'
import { readTrainingState } from '#training/checkpoint/checkpoints.ts'
import { newestCheckpoint } from '#training/checkpoint/find.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { TrainingStage } from '#training/stages/stage.ts'
import { useSmallRuns } from '../stages/small-run.ts'
import { eventsOf, newFolder, run } from './train-in-folder.ts'

const { open } = useSmallRuns()
let engine: Engine
beforeAll(async () => {
  engine = await createEngine('onnx-cpu', { threads: 2, precision: 'float16', mayImitate: true })
})
afterAll(() => engine.dispose())

/** The same stage with every loss multiplied. */
const multiplied = (stage: TrainingStage, factor: number): TrainingStage => ({
  ...stage,
  program: {
    ...stage.program,
    loss(parameters, inputs) {
      const { loss, outputs } = stage.program.loss(parameters, inputs)
      return { loss: loss.mul(factor), outputs }
    },
  },
})

async function smallStage(): Promise<TrainingStage> {
  const { picture: _, ...stage } = await open('video-teacher', { epochs: 3, learningRate: 0.002 })
  return stage
}

test('steps that did not fit are told and counted in the checkpoint', async () => {
  const folder = newFolder()
  const stage = multiplied(await smallStage(), 1000)
  expect(await run(folder, stage, engine)).toEqual({ status: 'finished', step: 6 })
  await stage[Symbol.asyncDispose]()

  const events = eventsOf(folder)
  const scales = events.flatMap((event) =>
    event.type === 'metrics' && event.values['optimizer/loss-scale'] !== undefined
      ? [event.values['optimizer/loss-scale']]
      : [],
  )
  const skipped = scales.filter((scale, index) => scale !== (scales[index - 1] ?? 65536)).length
  expect(skipped).toBeGreaterThan(0)
  expect(events.flatMap((event) => (event.type === 'log' ? [event.message] : []))[0]).toBe(
    'Step 1 was skipped because its gradients overflow half precision. The loss scale is now 32768.',
  )
  const found = await newestCheckpoint(folder, () => {})
  expect((await readTrainingState(found!.folder)).lossScale).toEqual({
    scale: scales.at(-1),
    goodSteps: 6 - skipped,
    skippedSteps: skipped,
  })
})

test('gradients that fit at no scale end the run', async () => {
  const folder = newFolder()
  const stage = multiplied(await smallStage(), 1e12)
  // More epochs than it takes to come below a scale of 1.
  const ended = run(folder, { ...stage, epochs: 20, learningRates: new Float32Array(40) }, engine)
  await expect(ended).rejects.toThrow(StudioError)
  await expect(ended).rejects.toMatchObject({
    code: 'diverged',
    message: 'The gradients overflow half precision at every loss scale at step 17 (learning rate 0.00).',
    hint: 'Lower the learning rate, lengthen the warm-up, or clip the gradient. The last checkpoint is intact. Or launch a new pipeline with general.precision=float32.',
  })
  await stage[Symbol.asyncDispose]()
})

test('a run that was stopped goes on to the same bits', async () => {
  const alone = newFolder()
  const stage = multiplied(await smallStage(), 1000)
  await run(alone, stage, engine)

  const cut = newFolder()
  let batches = 0
  // Asked to stop while its third step computes.
  const stopping: TrainingStage = {
    ...stage,
    batch(step, part) {
      if (++batches === 3) writeFileSync(join(cut, runFiles.stop), '')
      return stage.batch(step, part)
    },
  }
  expect(await run(cut, stopping, engine)).toEqual({ status: 'stopped', step: 3 })
  expect(await run(cut, stage, engine)).toEqual({ status: 'finished', step: 6 })
  await stage[Symbol.asyncDispose]()

  const [first, second] = await Promise.all(
    [alone, cut].map(async (folder) => readTrainingState((await newestCheckpoint(folder, () => {}))!.folder)),
  )
  expect(second).toEqual(first)
})
