import { expect, test } from 'vitest'
import { pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { expandSweep } from '#contract/sweep/expand.ts'
import { shareStages } from '#contract/sweep/share.ts'
import { sweepOf } from './base.ts'

function planOf(...[change, configuration]: Parameters<typeof sweepOf>) {
  const { members, problems } = expandSweep(sweepOf(change, configuration))
  expect(problems).toEqual([])
  const pipelines = shareStages('masks', members, (id, stage) => `${id}.${stage}`)
  for (const { request } of pipelines)
    expect(pipelineConfiguration.safeParse(request.configuration).error).toBeUndefined()
  return pipelines.map(({ name, isShared, request: { configuration } }) => ({
    name,
    isShared,
    stages: configuration.stages,
    inputs: configuration.inputs,
    start: configuration.finetune.initialization,
  }))
}

test('members that differ in distillation take the same teachers', () => {
  expect(planOf({ axes: [{ field: 'distill.maskRatio', values: [0.5, 0.75] }] })).toEqual([
    { name: 'masks-shared', isShared: true, stages: ['image-teacher', 'video-teacher'], inputs: {}, start: 'student' },
    ...['0p5', '0p75'].map((value) => ({
      name: `masks-mask-ratio-${value}`,
      isShared: false,
      stages: ['distill', 'finetune', 'evaluate'],
      inputs: { imageTeacher: 'masks-shared.image-teacher', videoTeacher: 'masks-shared.video-teacher' },
      start: 'student',
    })),
  ])
})

test('each seed has teachers of its own', () => {
  const plan = planOf({ axes: [{ field: 'distill.maskRatio', values: [0.5, 0.75] }], seeds: 2 })
  expect(plan.map(({ name }) => name)).toEqual([
    'masks-shared-seed-0',
    'masks-shared-seed-1',
    'masks-mask-ratio-0p5-seed-0',
    'masks-mask-ratio-0p5-seed-1',
    'masks-mask-ratio-0p75-seed-0',
    'masks-mask-ratio-0p75-seed-1',
  ])
  expect(plan.at(-1)?.inputs.imageTeacher).toBe('masks-shared-seed-1.image-teacher')
})

test('members that differ in fine-tuning start from the same student', () => {
  const plan = planOf({ axes: [{ field: 'finetune.learningRate', values: [1e-3, 1e-4] }] })
  expect(plan[0]).toMatchObject({ stages: ['image-teacher', 'video-teacher', 'distill'], inputs: {} })
  expect(plan[2]).toEqual({
    name: 'masks-learning-rate-0p0001',
    isShared: false,
    stages: ['finetune', 'evaluate'],
    inputs: { model: 'masks-shared.distill' },
    start: 'checkpoint',
  })
})

test('members that differ in the test take the same classifier', () => {
  const plan = planOf({ axes: [{ field: 'evaluate.temporalViews', values: [1, 2] }] })
  expect(plan[0]?.stages).toEqual(['image-teacher', 'video-teacher', 'distill', 'finetune'])
  expect(plan[1]).toMatchObject({ stages: ['evaluate'], inputs: { model: 'masks-shared.finetune' } })
})

test('a teacher that varies is trained once for each of its values', () => {
  const plan = planOf({
    axes: [
      { field: 'video-teacher.maskRatio', values: [0.5, 0.75] },
      { field: 'distill.maskRatio', values: [0.5, 0.75] },
    ],
  })
  expect(plan.filter(({ isShared }) => isShared)).toMatchObject([
    { name: 'masks-shared-mask-ratio-0p5', stages: ['image-teacher', 'video-teacher'] },
    { name: 'masks-shared-mask-ratio-0p75', stages: ['video-teacher'] },
  ])
  expect(plan.at(-1)?.inputs).toEqual({
    imageTeacher: 'masks-shared-mask-ratio-0p5.image-teacher',
    videoTeacher: 'masks-shared-mask-ratio-0p75.video-teacher',
  })
})

test('nothing is shared that differs, or that no other stage takes', () => {
  expect(planOf({ axes: [{ field: 'general.precision', values: ['float32'] }], seeds: 2 })).toHaveLength(2)
  const teachers = planOf(
    {
      axes: [
        { field: 'image-teacher.maskRatio', values: [0.5, 0.75] },
        { field: 'video-teacher.maskRatio', values: [0.5, 0.75] },
      ],
    },
    { stages: ['image-teacher', 'video-teacher'] },
  )
  expect(teachers).toHaveLength(4)
})

test('models that were chosen for the base stay chosen', () => {
  const plan = planOf(
    { axes: [{ field: 'distill.maskRatio', values: [0.5, 0.75] }] },
    { stages: ['video-teacher', 'distill', 'finetune', 'evaluate'], inputs: { imageTeacher: 'mae-base' } },
  )
  expect(plan[0]).toMatchObject({ stages: ['video-teacher'], inputs: {} })
  expect(plan[1]?.inputs).toEqual({ imageTeacher: 'mae-base', videoTeacher: 'masks-shared.video-teacher' })
})
