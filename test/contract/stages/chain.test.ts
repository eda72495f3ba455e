import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { preset } from '#contract/domain/pipeline.ts'
import { dependsOn, inputsOf, lineageOf } from '#contract/stages/chain.ts'
import { type Stage, stageNames } from '#contract/stages/index.ts'

const { configuration: tiny } = preset.parse(JSON.parse(readFileSync('resources/presets/tiny.json', 'utf8')))

const choices = (
  teachers: 'both' | 'image' | 'video',
  initialization: 'student' | 'video-teacher' | 'scratch' | 'checkpoint',
  videoTarget: 'teacher' | 'pixels' = 'teacher',
) => ({
  ...tiny,
  stages: [...stageNames],
  distill: { ...tiny.distill, teachers, videoTarget },
  finetune: { ...tiny.finetune, initialization },
})

describe('lineage', () => {
  it.each<{ stage: Stage; choice: ReturnType<typeof choices>; expected: Stage[] }>([
    { stage: 'image-teacher', choice: choices('both', 'student'), expected: ['image-teacher'] },
    { stage: 'distill', choice: choices('both', 'student'), expected: ['image-teacher', 'video-teacher', 'distill'] },
    { stage: 'distill', choice: choices('image', 'student'), expected: ['image-teacher', 'distill'] },
    { stage: 'distill', choice: choices('both', 'student', 'pixels'), expected: ['image-teacher', 'distill'] },
    { stage: 'finetune', choice: choices('video', 'student'), expected: ['video-teacher', 'distill', 'finetune'] },
    { stage: 'finetune', choice: choices('both', 'scratch'), expected: ['finetune'] },
    {
      stage: 'evaluate',
      choice: choices('both', 'video-teacher'),
      expected: ['video-teacher', 'finetune', 'evaluate'],
    },
  ])('of $stage is $expected', ({ stage, choice, expected }) => expect(lineageOf(stage, choice)).toEqual(expected))

  it('ends at a chosen model', () => {
    const chosen = { ...choices('both', 'student'), inputs: { imageTeacher: 'mae' } }
    expect(lineageOf('distill', chosen)).toEqual(['video-teacher', 'distill'])
    expect(dependsOn('distill', 'imageTeacher', chosen)).toBe(true)
    expect(dependsOn('video-teacher', 'imageTeacher', chosen)).toBe(false)
  })
})

test('a test takes the classifier of its own pipeline before a chosen one', () => {
  const both = { ...choices('both', 'checkpoint'), inputs: { model: 'clf' } }
  expect(inputsOf('evaluate', both)[0]?.source).toEqual({ kind: 'stage', stage: 'finetune' })
  expect(inputsOf('finetune', both)[0]?.source).toEqual({ kind: 'chosen', role: 'model', ref: 'clf' })
  expect(inputsOf('evaluate', { ...both, stages: ['evaluate'] })[0]?.source).toMatchObject({ kind: 'chosen' })
  expect(lineageOf('evaluate', { ...both, stages: ['evaluate'] })).toEqual(['evaluate'])
})
