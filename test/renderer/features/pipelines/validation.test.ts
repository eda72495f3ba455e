import { describe, expect, test } from 'vitest'
import type { ConfigurationSection } from '#contract/configuration/pipeline.ts'
import { pipelineRequest } from '#contract/domain/pipeline.ts'
import { draftFrom, withDataset, withField, withStage } from '#renderer/features/pipelines/draft.ts'
import type { Draft, FieldValue } from '#renderer/features/pipelines/draft.ts'
import { describe as describeProblem, validate } from '#renderer/features/pipelines/validation.ts'
import { falls, presetNamed, shapes } from '../../support/fake-data.ts'

const datasets = [shapes, falls]
const ready = withDataset(draftFrom(presetNamed('tiny')), shapes)
const check = (draft: Draft, taken: string[] = []) => validate(draft, datasets, new Set(taken))

test('a preset on a dataset is ready to launch', () => {
  const { request, problems } = check({ ...ready, name: 'first' })
  expect(problems).toEqual([])
  expect(pipelineRequest.parse(request)).toMatchObject({
    name: 'first',
    dataset: 'shapes',
    labels: 'appearance',
    preset: 'tiny',
  })
})

test('an empty name is omitted from the request', () => expect(check(ready).request).not.toHaveProperty('name'))

describe('an invalid field has a message', () => {
  test.each<[ConfigurationSection, string, FieldValue, string]>([
    ['clip', 'frames', null, 'Enter a value.'],
    ['clip', 'frames', 'many', 'Enter a number.'],
    ['clip', 'frames', 16.5, 'Enter a whole number.'],
    ['clip', 'frames', 1000, 'Enter a value from 2 to 128.'],
    ['distill', 'dropPath', 1, 'Enter a value below 1.'],
    ['finetune', 'headInitScale', 0, 'Enter a value above 0.'],
    ['distill', 'maskRatio', 0, 'The mask ratio must be above 0, or there is nothing to predict.'],
    ['distill', 'maskRatio', 1, 'The mask ratio must be below 1, or nothing is visible.'],
    ['distill', 'loss', 'hinge', 'Choose one of the values.'],
    ['general', 'seed', -1, 'Enter a value from 0 to 4294967295.'],
  ])('%s.%s = %j', (section, key, value, message) => {
    const { request, problems, byField } = check(withField(ready, section, key, value))
    expect(request).toBeNull()
    expect(problems).toEqual([{ field: `${section}.${key}`, section, message }])
    expect(byField.get(`${section}.${key}`)).toBe(message)
  })
})

test('a split set that the dataset does not have is a problem of its field', () => {
  const drawn = withField(ready, 'general', 'splitSet', 'drawn-2')
  const message = 'shapes has no split set called drawn-2. Choose one of default.'
  expect(check(drawn)).toMatchObject({
    request: null,
    problems: [{ field: 'general.splitSet', section: 'general', message }],
  })
  const having = [{ ...shapes, splitSets: ['default', 'drawn-2'] }]
  expect(validate(drawn, having, new Set()).request?.configuration.general.splitSet).toBe('drawn-2')
})

describe('a rule between fields has its message at the field to change', () => {
  test('patch and crop', () => {
    const { problems } = check(withField(ready, 'clip', 'patchSize', 13))
    expect(problems.map(describeProblem)).toMatchInlineSnapshot(`
      [
        "Clip › Patch size: The patch size 13 px does not divide the image size 64 px. Try 16 px.",
      ]
    `)
  })

  test('width of the student and of what starts from it', () => {
    const { problems } = check(withField(withField(ready, 'distill', 'width', 192), 'distill', 'heads', 3))
    expect(problems.map(describeProblem)).toMatchInlineSnapshot(`
      [
        "Fine-tuning › Width: width is 96 here and 192 in the stage distill, whose model this stage takes. Use the same value.",
      ]
    `)
  })

  test('stages that need each other', () => {
    const { problems } = check(withStage(withStage(ready, 'video-teacher', false), 'finetune', false))
    expect(problems.map(({ field, section, message }) => ({ field, section, message }))).toMatchInlineSnapshot(`
      [
        {
          "field": "stages",
          "message": "Distillation needs the video teacher: add the stage video-teacher, or choose a model (inputs.videoTeacher).",
          "section": undefined,
        },
        {
          "field": "stages",
          "message": "Test needs a model to test: add the stage finetune, or choose a model (inputs.model).",
          "section": undefined,
        },
      ]
    `)
  })

  test('no stage at all', () => {
    const none = presetNamed('tiny').configuration.stages.reduce(
      (draft, stage) => withStage(draft, stage, false),
      ready,
    )
    expect(check(none).problems).toEqual([{ field: 'stages', message: 'Choose at least one stage.' }])
  })
})

describe('data and name', () => {
  const unlabelled = { ...falls, labelSets: [] }
  const oneClass = { ...falls, labelSets: [{ name: 'folders', classes: ['fall'] }] }

  test.each<[string, Draft, readonly (typeof shapes)[], string[]]>([
    ['no dataset', { ...ready, dataset: null }, datasets, ['dataset']],
    ['a removed dataset', { ...ready, dataset: 'gone' }, datasets, ['dataset']],
    ['no classes', { ...ready, dataset: 'bed-falls', labels: null }, [unlabelled], ['labels']],
    ['no label set chosen', { ...ready, labels: null }, datasets, ['labels']],
    ['one class', { ...ready, dataset: 'bed-falls', labels: 'folders' }, [oneClass], ['labels']],
    ['a name with a space', { ...ready, name: 'my run' }, datasets, ['name']],
    ['a name that is taken', { ...ready, name: 'taken' }, datasets, ['name']],
  ])('%s is a problem', (_, draft, known, fields) => {
    const { request, problems } = validate(draft, known, new Set(['taken']))
    expect(problems.map(({ field }) => field)).toEqual(fields)
    expect(request).toBeNull()
  })

  test('labels are not required without fine-tuning and testing', () => {
    const pretraining = withStage(
      withStage({ ...ready, dataset: 'bed-falls', labels: null }, 'finetune', false),
      'evaluate',
      false,
    )
    expect(validate(pretraining, [unlabelled], new Set()).problems).toEqual([])
  })
})
