import { describe, expect, test } from 'vitest'
import {
  afterValidation,
  describeEarlyStop,
  earlyStoppingOf,
  type EarlyStoppingRule,
  type EarlyStoppingState,
  isPatienceOver,
} from '#contract/domain/early-stopping.ts'
import tiny from '../../../resources/presets/tiny.json' with { type: 'json' }

const rule: EarlyStoppingRule = { patience: 2, minImprovement: 0, monitor: 'validation/top1' }

/** The validation, counted from 1, after which a stage ends, and the state then. */
function endOf(values: readonly number[], of: EarlyStoppingRule = rule) {
  let state: EarlyStoppingState | undefined
  for (const [index, value] of values.entries()) {
    state = afterValidation(of, state, index + 1, value)
    if (isPatienceOver(of, state)) return { after: index + 1, ...state }
  }
  return { after: null, ...state }
}

test('it is off by default, and for stages without validation', () => {
  expect(earlyStoppingOf(tiny.configuration.finetune)).toBeUndefined()
  expect(earlyStoppingOf(tiny.configuration.distill)).toBeUndefined()
  expect(earlyStoppingOf({ ...tiny.configuration.finetune, patience: 3 })).toEqual({
    patience: 3,
    minImprovement: 0,
    monitor: 'validation/top1',
  })
})

describe('a stage ends', () => {
  test('after so many validations in a row without improvement; equal values are none', () => {
    expect(endOf([10, 20, 20, 15, 30])).toMatchObject({ after: 4, best: 20, bestStep: 2 })
    expect(endOf([10, 20, 15, 30, 25])).toMatchObject({ after: null, best: 30, waited: 1 })
  })

  test('never at its first validation', () => {
    expect(endOf([0], { ...rule, patience: 1 }).after).toBe(null)
    expect(isPatienceOver(rule, undefined)).toBe(false)
  })

  test('for a loss if it no longer falls', () => {
    expect(endOf([3, 2, 2.5, 2.1], { ...rule, monitor: 'validation/loss' })).toMatchObject({ after: 4, best: 2 })
    expect(endOf([3, 2, 1, 0.5], { ...rule, monitor: 'validation/loss' }).after).toBe(null)
  })

  test('unless small improvements add up: they are compared with the last one that counted', () => {
    const coarse = { ...rule, minImprovement: 1 }
    expect(endOf([10, 10.6, 11.2, 11.8, 12.4], coarse).after).toBe(null)
    // The best value is the best one, whether it counted or not.
    expect(endOf([10, 10.6, 10.9], coarse)).toMatchObject({ after: 3, best: 10.9, bestStep: 3, reference: 10 })
    expect(endOf([10, 11, 11], coarse)).toMatchObject({ after: 3, waited: 2 })
  })
})

test('the sentence names the metric, the patience and the best epoch', () => {
  const stop = {
    monitor: 'validation/top1',
    patience: 5,
    minImprovement: 0.1,
    epoch: 12,
    plannedEpochs: 30,
    best: 61.2,
    bestStep: 700,
    bestEpoch: 7,
  }
  expect(describeEarlyStop(stop)).toBe(
    'Stopped early at epoch 12 of 30: the validation top-1 has not improved by more than 0.1 % for 5 validations; best 61.2 % at epoch 7.',
  )
  expect(describeEarlyStop({ ...stop, monitor: 'validation/loss', patience: 1, minImprovement: 0, best: 0.5 })).toBe(
    'Stopped early at epoch 12 of 30: the validation loss has not improved for 1 validation; best 0.5 at epoch 7.',
  )
})
