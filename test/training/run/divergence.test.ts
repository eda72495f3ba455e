import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { badBatches, badLayers, divergenceReport, layerOf, suspectClips } from '#contract/domain/divergence.ts'
import { runFiles } from '#contract/layout.ts'
import { readJson } from '#node/json-file.ts'
import { saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { newestCheckpoint } from '#training/checkpoint/find.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { TrainingStage } from '#training/stages/stage.ts'
import { useSmallRuns } from '../stages/small-run.ts'
import { eventsOf, newFolder, run } from './train-in-folder.ts'

const { open } = useSmallRuns()
let engine: Engine
beforeAll(async () => {
  engine = await createEngine('onnx-cpu', { threads: 2 })
})
afterAll(() => engine.dispose())

async function smallStage(): Promise<TrainingStage> {
  const { picture: _, ...stage } = await open('video-teacher', { epochs: 2, learningRate: 0.002 })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  return stage
}

const reportOf = (folder: string) => readJson(join(folder, runFiles.divergence), divergenceReport)
const metricsOf = (folder: string) => eventsOf(folder).filter((event) => event.type === 'metrics')
const checkpointsOf = (folder: string): string[] => {
  const parent = join(folder, runFiles.checkpoints)
  return existsSync(parent) ? readdirSync(parent) : []
}

describe('a number that is not finite ends the run before it is recorded or saved', () => {
  test('the loss, with the step and its videos', async () => {
    const folder = newFolder()
    const stage = await smallStage()
    const ended = run(
      folder,
      {
        ...stage,
        program: {
          ...stage.program,
          loss: (parameters, inputs) => ({
            loss: stage.program.loss(parameters, inputs).loss.mul(Number.POSITIVE_INFINITY),
            outputs: {},
          }),
        },
      },
      engine,
    )
    await expect(ended).rejects.toMatchObject({
      code: 'diverged',
      message: expect.stringMatching(
        /^The training loss became Infinity at step 1 \(learning rate 0\.00\d+, gradient norm \w+; videos videos\/.+\)\.$/,
      ),
      hint: 'Lower the learning rate, lengthen the warm-up, or clip the gradient.',
    })
    expect(metricsOf(folder)).toEqual([])
    const report = reportOf(folder)
    expect(report).toMatchObject({
      attempt: 1,
      cause: 'loss',
      step: { step: 1, loss: 'Infinity' },
      lastStep: null,
      firstTensor: null,
      weights: [],
    })
    expect(report.batches).toHaveLength(1)
    expect(report.batches[0]?.clips).toHaveLength(4)
    for (const { video, frames } of report.batches[0]?.clips ?? []) {
      expect(video).toMatch(/^videos\//)
      expect(frames.length).toBeGreaterThan(1)
    }
  })

  test('the second of two micro-batches: the report names it, its clips, and the gradients of the step before', async () => {
    const folder = newFolder()
    const { picture: _, ...stage } = await open('video-teacher', { epochs: 3, accumulationSteps: 2, batchSize: 1 })
    onTestFinished(() => stage[Symbol.asyncDispose]())
    const batch: TrainingStage['batch'] = async (step, index) => {
      const { inputs, clips } = await stage.batch(step, index)
      const video = inputs['video']
      if (step === 1 && index === 1) video?.data.fill(Number.NaN)
      return { inputs, clips }
    }
    await expect(run(folder, { ...stage, batch }, engine)).rejects.toThrow(/^The training loss became NaN at step 2 /)
    const report = reportOf(folder)
    expect(report.lastStep?.step).toBe(1)
    expect(report.batches.map(({ loss }) => Number.isFinite(Number(loss)))).toEqual([true, false])
    expect(badBatches(report)).toEqual([2])
    expect(suspectClips(report)).toEqual(report.batches[1]?.clips)
    const blocks = report.layers.map(({ layer }) => layer).filter((layer) => layer.startsWith('encoder.blocks.'))
    expect(blocks).toEqual(['encoder.blocks.0', 'encoder.blocks.1'])
    // The norm of all layers is that of the step.
    const total = Math.sqrt(report.layers.reduce((sum, { lastNorm }) => sum + Number(lastNorm) ** 2, 0))
    expect(total / Number(report.lastStep?.gradientNorm)).toBeCloseTo(1, 4)
  })

  test('one of several losses, by its name', async () => {
    const stage = await smallStage()
    await expect(
      run(newFolder(), { ...stage, metrics: () => ({ 'train/image-loss': Number.NaN }) }, engine),
    ).rejects.toThrow(/^The loss against the image teacher became NaN at step 1 \(/)
  })

  test('the gradient norm of a finite loss, because its update made the weights NaN', async () => {
    const folder = newFolder()
    const stage = await smallStage()
    const ended = run(
      folder,
      {
        ...stage,
        program: {
          ...stage.program,
          loss(parameters, inputs) {
            const { loss, outputs } = stage.program.loss(parameters, inputs)
            const [weights] = Object.values(parameters)
            // The square root of 0 has an infinite derivative, and 0 times infinity is NaN.
            return { loss: loss.add(weights!.mul(0).square().sum().sqrt()), outputs }
          },
        },
      },
      engine,
    )
    await expect(ended).rejects.toThrow(/^The gradient norm became (NaN|Infinity) at step 1 \(/)
    expect(metricsOf(folder)).toEqual([])
    expect(checkpointsOf(folder)).toEqual([])
    const report = reportOf(folder)
    expect(report.cause).toBe('gradients')
    expect(Number.isFinite(Number(report.step?.loss))).toBe(true)
    const [name] = Object.keys(stage.program.groups)
    expect(report.firstTensor).toBe(name)
    expect(badLayers(report)).toEqual([layerOf(name!)])
  })

  test('a validation score: neither the score nor the checkpoint of that step is written', async () => {
    const folder = newFolder()
    const stage = await smallStage()
    await expect(
      run(folder, { ...stage, validate: () => Promise.resolve({ 'validation/loss': Number.NaN }) }, engine),
    ).rejects.toThrow('The validation loss became NaN at step 2.')
    expect(metricsOf(folder).every((event) => !('validation/loss' in event.values))).toBe(true)
    expect(checkpointsOf(folder)).toEqual([])
  })
})

test('the error says that the last checkpoint is intact once there is one', async () => {
  const stage = await smallStage()
  let validations = 0
  const ended = run(
    newFolder(),
    { ...stage, validate: () => Promise.resolve({ 'validation/loss': ++validations === 1 ? 1 : Number.NaN }) },
    engine,
  )
  await expect(ended).rejects.toMatchObject({
    message: 'The validation loss became NaN at step 4.',
    hint: 'Lower the learning rate, lengthen the warm-up, or clip the gradient. The last checkpoint is intact.',
  })
})

test('a checkpoint with weights that are not finite, saved by an earlier version, is named with its tensors', async () => {
  const folder = newFolder()
  const stage = await smallStage()
  await run(folder, stage, engine)
  const { card } = (await newestCheckpoint(folder, () => {}))!
  const state = initialState(stage.initialParameters, stage.program.groups)
  const [name, tensor] = Object.entries(state.parameters)[0]!
  tensor.data[1] = Number.NaN
  const { files: _files, version: _version, ...description } = card
  await saveCheckpoint(folder, { ...description, step: card.step + 1 }, state)
  await expect(run(folder, { ...stage, epochs: 9 }, engine)).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    message: `The checkpoint p.video-teacher@${card.step + 1} has weights that are not finite: ${name} (1 NaN).`,
    hint: 'Its training has diverged. Choose an earlier checkpoint of the run, or train it again with a lower learning rate.',
  })
})
