import { expect, test } from 'vitest'
import { requestProblems } from '#contract/experiment/problems.ts'
import { requestOf } from './base.ts'

const balance = ['up', 'down'].map((label) => ({ labelSet: 'motion', label, train: 4, validation: 4, test: 8 }))
const messages = (change: Parameters<typeof requestOf>[0], own = balance) =>
  requestProblems(requestOf(change), own).map(({ field, message }) => `${field}: ${message}`)

test('a valid request has no problem', () => expect(messages({ learningRates: [0.01, 0.02] })).toEqual([]))

test('a grid without validation videos is refused, with what to do', () => {
  const without = balance.map((entry) => ({ ...entry, validation: 0 }))
  expect(messages({}, without)).toEqual([])
  expect(messages({ learningRates: [0.01, 0.02] }, without)).toEqual([
    'labels: The label set motion has validation videos of no class, so rates and decays cannot be chosen. Import the dataset again with a validation split, or choose one rate and one decay.',
  ])
})

test('a label set that the dataset does not have is refused, with those that it has', () => {
  expect(messages({ labels: ['motion', 'none'] })).toEqual([
    'labels: The dataset has no label set called none. Choose among motion.',
  ])
  expect(messages({}, [])).toEqual(['labels: The dataset has no label set called motion. Import it with classes.'])
})

test('all that is wrong with a request is said', () => {
  const { configuration } = requestOf()
  expect(
    messages({
      labels: ['motion', 'motion'],
      configuration: {
        ...configuration,
        stages: ['finetune'],
        finetune: { ...configuration.finetune, initialization: 'checkpoint' },
        inputs: { model: 'mae-base' },
      },
    }),
  ).toEqual([
    'labels: motion is listed twice.',
    'inputs.model: The starts decide what fine-tuning starts from. Choose no starting point.',
  ])
})

test('a name that makes pipeline names too long is refused', () => {
  expect(messages({ name: 'a'.repeat(50) })).toEqual([
    `name: The pipeline name ${'a'.repeat(50)}-both-student-s0 is too long: a name has at most 63 characters. Shorten the name of the experiment.`,
  ])
})

test('a value of the grid that the configuration refuses is named', () => {
  expect(messages({ layerDecays: [0.75, 1.5] })).toEqual([expect.stringContaining('finetune.layerDecay')])
  expect(messages({ learningRates: [0.01, 1e-9] })[0]).toContain('(learning rate 1e-9, layer decay 0.75)')
})
