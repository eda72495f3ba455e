import { describe, expect, test } from 'vitest'
import { describeModel } from '#contract/domain/model.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { KnownModel } from '#renderer/api/models-store.ts'
import {
  type Draft,
  draftFrom,
  withField,
  withModel,
  withPreset,
  withStage,
} from '#renderer/features/pipelines/draft.ts'
import { fittingModels, slotOf } from '#renderer/features/pipelines/model-choice.ts'
import { validate } from '#renderer/features/pipelines/validation.ts'
import { presetNamed, shapes } from '../../support/fake-data.ts'
import { fakeModel } from '../../support/fake-models.ts'

const draft: Draft = { ...draftFrom(presetNamed('tiny')), dataset: 'shapes', labels: 'motion' }
const problems = (edited: Draft) => validate(edited, [shapes], new Set()).problems.map(({ message }) => message)

describe('an existing model in a draft', () => {
  test('replaces the stage of a teacher, which comes back without it', () => {
    const taken = withModel(draft, 'imageTeacher', 'mae-base')
    expect(taken.configuration).toMatchObject({
      inputs: { imageTeacher: 'mae-base' },
      stages: ['video-teacher', 'distill', 'finetune', 'evaluate'],
    })
    expect(problems(taken)).toEqual([])
    for (const back of [withModel(taken, 'imageTeacher', undefined), withStage(taken, 'image-teacher', true)])
      expect(back.configuration).toEqual(draft.configuration)
  })

  test('as initial weights of fine-tuning removes the earlier stages', () => {
    const started = withModel(draft, 'model', 'vmae-k400')
    expect(started.configuration).toMatchObject({
      inputs: { model: 'vmae-k400' },
      stages: ['finetune', 'evaluate'],
      finetune: { initialization: 'checkpoint' },
    })
    expect(problems(started)).toEqual([])
    expect(withField(started, 'finetune', 'initialization', 'scratch').configuration.inputs).toEqual({})
    expect(withModel(started, 'model', undefined).configuration.finetune['initialization']).toBe('student')
  })

  test('can be tested without training', () => {
    const tested = (['image-teacher', 'video-teacher', 'distill', 'finetune'] as const).reduce(
      (edited, stage) => withStage(edited, stage, false),
      draft,
    )
    expect(problems(tested)).toEqual([
      'Test needs a model to test: add the stage finetune, or choose a model (inputs.model).',
    ])
    expect(problems(withModel(tested, 'model', 'classifier'))).toEqual([])
  })

  test('is kept when another preset is chosen', () => {
    const other = withPreset(
      withModel(withModel(draft, 'imageTeacher', 'mae-base'), 'videoTeacher', 'vmae-k400'),
      presetNamed('demo'),
    )
    expect(other.configuration).toMatchObject({
      inputs: { imageTeacher: 'mae-base', videoTeacher: 'vmae-k400' },
      stages: ['distill', 'finetune', 'evaluate'],
    })
  })

  test('is required if fine-tuning starts from a checkpoint', () => {
    expect(problems(withField(draft, 'finetune', 'initialization', 'checkpoint'))).toEqual([
      'Fine-tuning needs a model to start from: choose a model (inputs.model), or change finetune.initialization.',
    ])
  })
})

test.each<{ stage: Stage; initialization: string; stages: Stage[]; slot: unknown }>([
  { stage: 'video-teacher', initialization: 'student', stages: [], slot: { role: 'videoTeacher', use: 'teach' } },
  { stage: 'distill', initialization: 'student', stages: ['distill'], slot: undefined },
  { stage: 'finetune', initialization: 'student', stages: ['finetune'], slot: undefined },
  { stage: 'finetune', initialization: 'checkpoint', stages: ['finetune'], slot: { role: 'model', use: 'start' } },
  { stage: 'evaluate', initialization: 'checkpoint', stages: ['finetune', 'evaluate'], slot: undefined },
  { stage: 'evaluate', initialization: 'student', stages: ['evaluate'], slot: { role: 'model', use: 'test' } },
])('$stage from $initialization among $stages takes $slot', ({ stage, initialization, stages, slot }) => {
  const found = slotOf(
    stage,
    withField(
      { ...draft, configuration: { ...draft.configuration, stages } },
      'finetune',
      'initialization',
      initialization,
    ).configuration,
  )
  expect(found && { role: found.role, use: found.use }).toEqual(slot)
})

const known = (name: string, path: string): KnownModel => {
  const { model } = fakeModel(name, path)
  return { ref: name, label: name, description: describeModel(model), model }
}

describe('models that fit', () => {
  const models = [known('mae', 'mae.pth'), known('vmae', 'videomae.pth'), known('clf', 'finetuned.pth')]
  const { clip } = draft.configuration
  const sort = (use: Parameters<typeof fittingModels>[1], sizes = clip) => {
    const { fitting, others } = fittingModels(models, use, sizes)
    return [fitting.map(({ ref }) => ref), others.map(({ model, problem }) => `${model.ref} ${problem}`)]
  }

  test('depend on their use and on the clip', () => {
    const unknown = 'clf has an unknown number of attention heads'
    expect(sort('teach')).toEqual([['mae', 'vmae'], [unknown]])
    expect(sort('start')).toEqual([['vmae'], ['mae encodes images; fine-tuning needs an encoder of clips', unknown]])
    expect(sort('test')).toEqual([
      [],
      ['mae is not a classifier and cannot be tested', 'vmae is not a classifier and cannot be tested', unknown],
    ])
    expect(sort('teach', { ...clip, tubeletSize: 4 })).toEqual([
      ['mae'],
      ['vmae has tubelets of 2 frames; the clip has tubelets of 4', unknown],
    ])
    expect(sort('start', { ...clip, patchSize: 8 })[1]).toContain(
      'vmae has patches of 16 px; the clip has patches of 8 px',
    )
  })
  test('are all models while the clip is invalid', () =>
    expect(sort('teach', { ...clip, patchSize: null })).toEqual([['mae', 'vmae', 'clf'], []]))
})
