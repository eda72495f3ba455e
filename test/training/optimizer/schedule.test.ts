import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { learningRates, scheduleOf } from '#training/optimizer/schedule.ts'
import { recorded } from '../reference/recorded.ts'

const published = z.object({
  cosine: z.array(
    z.object({
      base: z.number(),
      final: z.number(),
      start: z.number(),
      warmup: z.int(),
      total: z.int(),
      values: z.array(z.number()),
    }),
  ),
})

describe('learningRates', () => {
  it.each(published.parse(JSON.parse(readFileSync(recorded('schedules.json'), 'utf8'))).cosine)(
    'gives the published rates of $total steps to the last bit',
    ({ base, final, start, warmup, total, values }) => {
      expect(learningRates({ start, peak: base, final, warmupSteps: warmup, totalSteps: total })).toEqual(values)
    },
  )

  it('starts at zero with one warm-up step', () => {
    expect(learningRates({ start: 0, peak: 1, final: 0, warmupSteps: 1, totalSteps: 3 })).toEqual([0, 1, 0.5])
  })
  it('can consist of warm-up only', () => {
    expect(learningRates({ start: 0, peak: 1, final: 0, warmupSteps: 3, totalSteps: 3 })).toEqual([0, 0.5, 1])
  })
})

describe('scheduleOf', () => {
  it('scales peak and floor by the batch, as the 400-epoch recipe of MVD', () => {
    const settings = { learningRate: 1.5e-4, minLearningRate: 1e-4, warmupEpochs: 40, epochs: 400 }
    expect(scheduleOf(settings, 1024, 10)).toEqual({
      start: 0,
      peak: 6e-4,
      final: 4e-4,
      warmupSteps: 400,
      totalSteps: 4000,
    })
  })
  it('rounds a fractional warm-up down', () => {
    expect(scheduleOf({ learningRate: 1, minLearningRate: 0, warmupEpochs: 0.5, epochs: 2 }, 256, 3).warmupSteps).toBe(
      1,
    )
  })
})
