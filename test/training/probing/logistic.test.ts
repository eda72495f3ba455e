import { describe, expect, it, test } from 'vitest'
import { draws } from '#training/data/random.ts'
import type { LabelledFeatures } from '#training/probing/features.ts'
import { minimise, type Objective } from '#training/probing/lbfgs.ts'
import { linearProbe } from '#training/probing/linear.ts'
import { classScores, crossEntropy, fitLogistic, freshClassifier, logisticLoss } from '#training/probing/logistic.ts'
import { standardiser } from '#training/probing/standardise.ts'

/** `count` rows around a centre for each class. */
function clouds(seed: number, count: number, centres: number[][], spread: number): LabelledFeatures {
  const random = draws(seed, 'clouds')
  const labels = Array.from({ length: count * centres.length }, (_, index) => index % centres.length)
  const rows = labels.flatMap((label) => centres[label]!.map((centre) => centre + spread * random.normal()))
  return { width: centres[0]!.length, rows: Float64Array.from(rows), labels: Int32Array.from(labels) }
}

const flat: Objective = (_point, gradient) => (gradient.fill(0), 3)
const broken: Objective = (point, gradient) => (gradient.fill(1), point[0] === 0 ? 0 : NaN)

const last = <T>(values: Iterable<T>): T => [...values].at(-1)!
const empty = (width: number): LabelledFeatures => ({ width, rows: new Float64Array(0), labels: new Int32Array(0) })

describe('L-BFGS', () => {
  it('finds the minimum of a badly scaled quadratic', () => {
    const curvatures = [1, 10, 100, 1000, 1e4]
    const objective: Objective = (point, gradient) => {
      curvatures.forEach((curvature, i) => (gradient[i] = curvature * (point[i]! - i)))
      return curvatures.reduce((sum, curvature, i) => sum + 0.5 * curvature * (point[i]! - i) ** 2, 0)
    }
    const iterates = [...minimise(objective, new Float64Array(5), 1e-9)]
    expect(iterates.length).toBeLessThan(60)
    iterates.at(-1)!.point.forEach((value, i) => expect(value).toBeCloseTo(i, 8))
    iterates.slice(1).forEach(({ value }, index) => expect(value).toBeLessThanOrEqual(iterates[index]!.value))
  })

  it('ends at once where it starts at the minimum, and where nothing goes down', () => {
    expect([...minimise(flat, Float64Array.of(1, 2), 1e-9)]).toEqual([
      { point: Float64Array.of(1, 2), value: 3, slope: 0 },
    ])
    expect([...minimise(broken, new Float64Array(1), 1e-9)]).toHaveLength(1)
  })
})

describe('logistic regression', () => {
  const features = clouds(
    1,
    8,
    [
      [0, 0, 1],
      [1, 0, -1],
      [0, 2, 0],
    ],
    1,
  )

  it('has the gradient that finite differences give', () => {
    const objective = logisticLoss(features, 3, 0.1)
    const random = draws(2, 'point')
    const point = freshClassifier(3, 3).map(() => random.normal())
    const gradient = new Float64Array(point.length)
    objective(point, gradient)
    const unused = new Float64Array(point.length)
    point.forEach((value, i) => {
      const at = (change: number) => objective(point.with(i, value + change), unused)
      expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8)
    })
  })

  it('ends at the one minimum, wherever it starts', () => {
    const random = draws(3, 'start')
    const fits = [freshClassifier(3, 3), freshClassifier(3, 3).map(() => 3 * random.normal())].map((start) =>
      last(fitLogistic(features, 3, 0.1, start)),
    )
    expect(fits[0]!.slope).toBeLessThanOrEqual(1e-6)
    // Biases are not regularised, so only their differences are determined.
    const [a, b] = fits.map(({ point }) => point)
    for (let i = 0; i < 9; i++) expect(a![i]).toBeCloseTo(b![i]!, 4)
    expect(fits[0]!.value).toBeCloseTo(fits[1]!.value, 9)
  })

  it('solves the case of two points in closed form', () => {
    // Rows -1 and 1 of classes 0 and 1: by symmetry w1 = -w0 = w and no bias, where w minimises log(1 + exp(-2w)) + weightDecay * w^2.
    const pair = { width: 1, rows: Float64Array.of(-1, 1), labels: Int32Array.of(0, 1) }
    const { point } = last(fitLogistic(pair, 2, 0.5))
    const w = point[1]!
    expect(2 / (1 + Math.exp(2 * w))).toBeCloseTo(2 * 0.5 * w, 5)
    expect([...point]).toEqual([
      expect.closeTo(-w, 6),
      expect.closeTo(w, 6),
      expect.closeTo(0, 6),
      expect.closeTo(0, 6),
    ])
    expect(crossEntropy(point, pair, 2)).toBeCloseTo(Math.log(1 + Math.exp(-2 * w)), 6)
  })

  it('survives scores far from zero', () => {
    const far = Float64Array.of(1000, -1000, 0, 0)
    const pair = { width: 1, rows: Float64Array.of(1, -1), labels: Int32Array.of(0, 0) }
    expect(crossEntropy(far, pair, 2)).toBe(1000)
    expect([...classScores(far, Float64Array.of(2), 2)]).toEqual([2000, -2000])
  })
})

test('standardising takes mean and deviation from the training rows alone', () => {
  const train = { width: 3, rows: Float64Array.of(1, 0.1, 7, 3, 0.1, 9), labels: Int32Array.of(0, 1) }
  const standardise = standardiser(train)
  expect([...standardise(train).rows]).toEqual([-1, 0, -1, 1, 0, 1])
  expect([...standardise({ width: 3, rows: Float64Array.of(2, 5, 11), labels: Int32Array.of(0) }).rows]).toEqual([
    0, 0, 3,
  ])
})

describe('the linear probe', () => {
  const centres = [
    [2, 0, 0, 0],
    [0, 2, 0, 0],
    [0, 0, 2, 0],
  ]
  const work = { report: () => undefined, pause: () => Promise.resolve() }
  const train = clouds(4, 12, centres, 1)
  const test = clouds(5, 40, centres, 1)

  it('takes the usual weight decay without validation videos', async () => {
    const result = await linearProbe({ train, validation: empty(4), test }, 3, work)
    expect(result).toMatchObject({ weightDecay: 0.01, isChosenOnValidation: false, top5: null })
    expect(result.top1).toBeGreaterThan(0.7)
    expect(await linearProbe({ train, validation: empty(4), test }, 3, work)).toEqual(result)
  })

  it('does not keep a first loss that is not a number as the best one', async () => {
    const overflowing = { ...test, rows: test.rows.map(() => Number.MAX_VALUE) }
    await expect(linearProbe({ train, validation: overflowing, test }, 3, work)).rejects.toThrow(
      /^The loss of the linear classifier is (NaN|Infinity) at the weight decay 1\.$/,
    )
  })

  it('chooses the weight decay by the validation videos', async () => {
    const reports: number[][] = []
    const choose = (validation: LabelledFeatures) =>
      linearProbe({ train, validation, test }, 3, { ...work, report: (done, total) => reports.push([done, total]) })
    expect((await choose(train)).weightDecay).toBe(0.0001)
    expect(reports).toEqual([
      [0, 5],
      [1, 5],
      [2, 5],
      [3, 5],
      [4, 5],
      [5, 5],
    ])
    const noise = { ...test, labels: test.labels.map((label) => (label + 1) % 3) }
    expect(await choose(noise)).toMatchObject({ weightDecay: 1, isChosenOnValidation: true })
  })

  it('stops between two iterations', async () => {
    let pauses = 0
    const stopping = linearProbe({ train, validation: empty(4), test }, 3, {
      ...work,
      pause: () => (++pauses === 3 ? Promise.reject(new Error('stopped')) : Promise.resolve()),
    })
    await expect(stopping).rejects.toThrow('stopped')
    expect(pauses).toBe(3)
  })
})
