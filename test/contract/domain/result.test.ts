import { describe, expect, test } from 'vitest'
import { chanceOf, probeRecord } from '#contract/domain/probe.ts'
import {
  discordantVideos,
  packHits,
  resultNotes,
  type TestResult,
  testResult,
  trainedAccuracy,
} from '#contract/domain/result.ts'

/** Four classes: c was not tested, d was not learned. */
const result: TestResult = {
  task: 'classification',
  top1: 0.4,
  top5: null,
  videos: 5,
  views: 5,
  classes: ['a', 'b', 'c', 'd'],
  confusion: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
    [2, 1, 0, 0],
  ],
  trainingVideos: [3, 3, 2, 0],
}

describe('top-5', () => {
  test('of an early result with few classes is dropped, with many kept', () => {
    const early = { ...result, top5: 1 }
    expect(testResult.parse(early).top5).toBeNull()
    const { task: _, ...withoutTask } = early
    expect(testResult.parse(withoutTask)).toMatchObject({ task: 'classification', top5: null })
    const classes = ['a', 'b', 'c', 'd', 'e', 'f']
    expect(testResult.parse({ ...early, classes }).top5).toBe(1)
  })

  test('of an early probe with few classes is dropped', () => {
    const accuracy = { top1: 0.5, top5: 1 }
    const record = probeRecord.safeParse({
      version: 1,
      id: 'm.1',
      createdAt: '',
      dataset: { name: 'd', digest: '', labels: 'class' },
      model: 'm',
      sha256: '',
      description: {
        layout: 'videomae',
        family: 'videomae',
        sizes: {
          width: 8,
          depth: 1,
          heads: 1,
          mlpWidth: 32,
          qkvBias: 'joint',
          epsilon: 1e-6,
          headNormEpsilon: 1e-6,
          patchSize: 8,
          tubeletSize: 2,
          tokens: null,
          imageSize: null,
          frames: null,
          hasClassToken: false,
          hasEncoderNorm: true,
          decoder: null,
          imageTargetWidth: null,
          videoTargetWidth: null,
          pixelTargetWidth: null,
          classes: null,
          pooling: 'mean',
        },
      },
      clip: { frames: 4, frameStride: 1, imageSize: 32, patchSize: 8, tubeletSize: 2 },
      engine: 'e',
      classes: 4,
      videos: { train: 1, validation: 0, test: 1 },
      leftOut: [],
      knn: { ...accuracy, neighbours: 1, temperature: 0.07 },
      linear: { ...accuracy, weightDecay: 0.01, isChosenOnValidation: false, iterations: 3 },
      chance: { top1: 0.25, top5: 1 },
      frameSimilarity: [],
      durationMs: 1,
    })
    expect(record.error).toBeUndefined()
    expect(record.data).toMatchObject({
      knn: { top1: 0.5, top5: null, neighbours: 1 },
      linear: { top1: 0.5, top5: null },
      chance: { top1: 0.25, top5: null },
      // Added later.
      attentive: null,
      trainingVideosByClass: [],
    })
    expect(probeRecord.parse(record.data)).toEqual(record.data)
  })

  test('by chance has no meaning among five classes', () => {
    expect(chanceOf(5)).toEqual({ top1: 0.2, top5: null })
    expect(chanceOf(10)).toEqual({ top1: 0.1, top5: 0.5 })
  })
})

describe('classes without training or test videos', () => {
  test('are named, and the trained ones counted apart', () => {
    expect(trainedAccuracy(result)).toEqual({ top1: 1, videos: 2, classes: 2 })
    expect(resultNotes(result)).toEqual([
      'The class d had no training videos, so its test videos count as errors. Top-1 over the 2 classes with training and test videos is 100.0 % (2 videos).',
      'The class c had no test videos and is not measured.',
    ])
  })

  test('are not claimed if the training videos are unknown', () => {
    const { trainingVideos: _, ...unknown } = result
    expect(trainedAccuracy(unknown)).toBeUndefined()
    expect(resultNotes(unknown)).toEqual(['The class c had no test videos and is not measured.'])
  })

  test('nothing is said if all classes had both', () => {
    const complete = {
      ...result,
      classes: ['a', 'b'],
      confusion: [
        [1, 0],
        [2, 2],
      ],
      trainingVideos: [1, 1],
      top1: 0.6,
    }
    expect(trainedAccuracy(complete)).toBeUndefined()
    expect(resultNotes(complete)).toEqual([])
  })
})

test('an early result whose scores were NaN is called wrong: 100 % beside an empty matrix', () => {
  const empty = result.confusion.map((row) => row.map(() => 0))
  const { trainingVideos: _, ...early } = { ...result, top1: 1, confusion: empty }
  expect(resultNotes(early)).toEqual([
    'This result is wrong: the confusion matrix holds 0 of the 5 tested videos, so some scores were not numbers. Run the test again.',
  ])
})

const withHits = (hits: boolean[]): TestResult => ({ ...result, videos: hits.length, hits: packHits(hits) })

describe('two tests of the same videos', () => {
  test('are compared video by video', () => {
    const first = [true, true, false, false, true, false]
    const second = [true, false, true, true, true, false]
    expect(discordantVideos(withHits(first), withHits(second))).toEqual({ onlyFirst: 1, onlySecond: 2 })
    expect(discordantVideos(withHits(second), withHits(first))).toEqual({ onlyFirst: 2, onlySecond: 1 })
    expect(packHits(first)).toBe('c8')
  })

  test('need to say which videos were right, and to be of the same number', () => {
    expect(discordantVideos(result, withHits([true]))).toBeUndefined()
    expect(discordantVideos(withHits([true, true]), withHits([true]))).toBeUndefined()
    expect(testResult.parse(result)).not.toHaveProperty('hits')
  })
})
