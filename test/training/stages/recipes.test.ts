import { describe, expect, test } from 'vitest'
import { initialState } from '#training/engine/program/state.ts'
import { doStep } from '#training/run/step.ts'
import { relativeError } from '../engine/helpers.ts'
import { type TrainedSteps, useSmallRuns } from './small-run.ts'

const { open, openTraining, train } = useSmallRuns()

const everything = {
  sampling: 'segments',
  randAugment: 4,
  randomErasing: 0.5,
  mixup: 0.8,
  cutmix: 1,
  dropPath: 0.2,
  headDropout: 0.5,
  clipGradient: 1,
  batchSize: 2,
  accumulationSteps: 2,
  samplesPerVideo: 2,
} as const

const worstDifference = (actual: TrainedSteps, expected: TrainedSteps): number =>
  Math.max(
    ...Object.entries(expected.state.parameters).map(([name, tensor]) =>
      relativeError(actual.state.parameters[name]!, tensor),
    ),
  )

describe('a step in several batches', () => {
  // Mixup is off, because it blends within a batch.
  const options = { ...everything, mixup: 0, cutmix: 0 }

  test('is that of one batch as large as all, in fine-tuning with all that is random', async () => {
    const whole = await train('finetune', { ...options, batchSize: 4, accumulationSteps: 1 }, [0, 1, 2])
    const cut = await train('finetune', options, [0, 1, 2])
    cut.results.forEach(({ loss, gradientNorm, videos, learningRate }, step) => {
      expect(loss).toBeCloseTo(whole.results[step]!.loss, 5)
      expect(Math.abs(gradientNorm / whole.results[step]!.gradientNorm - 1)).toBeLessThan(1e-4)
      expect(videos.toSorted()).toEqual(whole.results[step]!.videos.toSorted())
      expect(learningRate).toBe(whole.results[step]!.learningRate)
    })
    expect(worstDifference(cut, whole)).toBeLessThan(1e-4)
  })

  test.each([
    ['image-teacher', {}],
    ['video-teacher', { decoderMaskRatio: 0.5 }],
    ['distill', { dropPath: 0.2, decoderMaskRatio: 0.5 }],
  ] as const)('is that of one batch as large as all, in %s', async (stage, change) => {
    const whole = await train(stage, change, [0, 1])
    const cut = await train(stage, { ...change, batchSize: 1, accumulationSteps: 4 }, [0, 1])
    expect(cut.results.map(({ loss }) => loss.toFixed(4))).toEqual(whole.results.map(({ loss }) => loss.toFixed(4)))
    expect(worstDifference(cut, whole)).toBeLessThan(1e-3)
  })

  test('counts its samples and takes the learning rate of all of them', async () => {
    await using stage = await open('finetune', {
      batchSize: 2,
      accumulationSteps: 4,
      samplesPerVideo: 2,
      learningRate: 0.02,
    })
    expect([stage.samplesPerStep, stage.accumulationSteps, stage.stepsPerEpoch]).toEqual([8, 4, 2])
    expect(stage.learningRates[0]).toBeCloseTo((0.02 * 4) / 256, 12)
  })
})

test('a step that is ended between its batches leaves the state as it was', async () => {
  await using stage = await open('finetune', everything)
  const before = initialState(stage.initialParameters, stage.program.groups)
  const session = await openTraining(stage, before)
  let batches = 0
  expect(await doStep(stage, session, 0, () => (batches++ === 1 ? 'stop' : 'continue'))).toBeUndefined()
  expect(await session.readState()).toEqual(before)
  await session.dispose()
})

describe('with everything that is random switched on', () => {
  test('the same seed gives the same bits, cut where you like', async () => {
    const alone = await train('finetune', everything, [0, 1, 2, 3])
    const half = await train('finetune', everything, [0, 1])
    expect((await train('finetune', everything, [2, 3], half.state)).state).toEqual(alone.state)
    expect(alone.results.map(({ loss }) => loss)).not.toEqual(
      (await train('finetune', { ...everything, mixup: 0 }, [0, 1, 2, 3])).results.map(({ loss }) => loss),
    )
  })

  test('published CutMix is another one', async () => {
    const [right, published] = [
      await train('finetune', { ...everything, mixup: 0 }, [0, 1, 2]),
      await train('finetune', { ...everything, mixup: 0, publishedCutmix: true }, [0, 1, 2]),
    ]
    expect(published.results.map(({ loss }) => loss)).not.toEqual(right.results.map(({ loss }) => loss))
  })

  test.each([
    { mixup: 0 },
    { cutmix: 0 },
    { headDropout: 0 },
    { dropPath: 0 },
    { randAugment: 0 },
    { randomErasing: 0 },
    { sampling: 'dense' },
    { labelSmoothing: 0 },
  ] as const)('%o makes a difference', async (change) => {
    const [changed, whole] = [
      await train('finetune', { ...everything, ...change }, [0, 1, 2]),
      await train('finetune', everything, [0, 1, 2]),
    ]
    expect(changed.results.map(({ loss }) => loss)).not.toEqual(whole.results.map(({ loss }) => loss))
  })
})

describe('later options of distillation', () => {
  test('pixels in place of the video teacher: no such teacher, its own loss', async () => {
    await using stage = await open('distill', { videoTarget: 'pixels' })
    expect(Object.keys(stage.program.inputs).toSorted()).toEqual(['imageTarget', 'masked', 'video', 'visible'])
    expect(stage.initialParameters['decoder_vid.head.weight']?.shape).toEqual([2 * 8 * 8 * 3, 32])
    const { results } = await train('distill', { videoTarget: 'pixels', teachers: 'video' }, [0, 1, 2, 3, 4, 5])
    const losses = results.map(({ outputs }) => outputs['videoLoss']!.data[0]!)
    expect(losses[0]).toBeGreaterThan(0.5)
    expect(losses.at(-1)).toBeLessThan(losses[0]!)
    expect(results[0]!.outputs['imageLoss']).toBeUndefined()
  })

  test('cosine loss lies between 0 and 4 and falls', async () => {
    const { results } = await train('distill', { loss: 'cosine' }, [0, 1, 2, 3, 4, 5])
    const losses = results.map(({ outputs }) => outputs['imageLoss']!.data[0]!)
    expect(losses[0]).toBeGreaterThan(1)
    expect(losses[0]).toBeLessThan(3)
    expect(losses.at(-1)).toBeLessThan(losses[0]!)
  })

  test('decoder masking predicts fewer tokens and computes the same for those', async () => {
    await using stage = await open('distill', { decoderMaskRatio: 0.5 })
    const { inputs } = await stage.batch(0, 0)
    expect([inputs['masked']!.shape, inputs['visible']!.shape]).toEqual([
      [4, 12],
      [4, 8],
    ])
    const targets = await stage.targets!({ inputs })
    expect(targets['imageTarget']!.shape).toEqual([4, 12, 32])
    await using whole = await open('distill', {})
    const all = (await whole.batch(0, 0)).inputs['masked']!
    const rows = [0, 1, 2, 3].map((sample) => new Set(all.data.slice(sample * 24, (sample + 1) * 24)))
    inputs['masked']!.data.forEach((token, index) => expect(rows[Math.floor(index / 12)]!.has(token)).toBe(true))
  })
})

test('a VideoMAE keeps its flat position table unless the published one is asked for', async () => {
  const start = { initialization: 'video-teacher' } as const
  const [flat, published] = [
    await train('finetune', start, [0]),
    await train('finetune', { ...start, publishedPositions: true }, [0]),
  ]
  expect(flat.results[0]!.loss).not.toBe(published.results[0]!.loss)
  await using stage = await open('finetune', { initialization: 'video-teacher', publishedPositions: true })
  expect(stage.model.family).toBe('mvd')
})
