import { expect, test } from 'vitest'
import { toStudioError } from '#contract/api/errors.ts'
import type { SeenClipRequest } from '#contract/domain/seen-clip.ts'
import { readPresets } from '#main/pipelines/presets.ts'
import { seenClipTask, type SeenClipsOptions } from '#main/pipelines/seen-clips.ts'

const demo = readPresets('resources/presets').find(({ name }) => name === 'demo')!
type Run = ReturnType<SeenClipsOptions['models']['run']>['file']
const { general, clip } = demo.configuration
const runOn = (dataset: string) =>
  ({
    general: { ...general, seed: 11, splitSet: 'split-2' },
    clip,
    task: { stage: 'distill', configuration: demo.configuration.distill },
    dataset: { name: dataset, digest: 'd', manifest: 'm', labels: null },
  }) as unknown as Run

const taskOf = (of: SeenClipRequest['of'], change: Partial<SeenClipRequest> = {}) =>
  seenClipTask(
    { dataset: 'films', sample: 's', of, epoch: 3, ...change },
    {
      presets: () => [demo],
      models: { run: (id) => ({ file: runOn(id === 'other' ? 'others' : 'films') }) },
      datasets: {
        manifestFile: (name) => `/ws/datasets/${name}/manifest.json`,
        get: () =>
          ({ labelSets: [{ name: 'kind' }, { name: 'place' }] }) as ReturnType<SeenClipsOptions['datasets']['get']>,
      },
      workspace: { frames: '/ws/frames' },
    },
  )
const refusal = (of: SeenClipRequest['of']) => {
  try {
    taskOf(of)
  } catch (cause) {
    const { message, hint } = toStudioError(cause)
    return `${message} ${hint}`
  }
  return ''
}

test('a run is seen with its own seed, split set and settings', () => {
  expect(taskOf({ kind: 'run', id: 'mine' })).toMatchObject({
    manifest: '/ws/datasets/films/manifest.json',
    frameCache: '/ws/frames',
    seed: 11,
    splitSet: 'split-2',
    task: { stage: 'distill' },
    labels: null,
    sample: 's',
    epoch: 3,
  })
})

test('a stage of a preset is seen with its seed or another; fine-tuning takes the first label set unless one is chosen', () => {
  const of = { kind: 'preset', name: 'demo', stage: 'finetune' } as const
  expect(taskOf(of)).toMatchObject({ seed: general.seed, splitSet: 'default', labels: 'kind' })
  expect(taskOf({ ...of, seed: 5, labels: 'place' })).toMatchObject({ seed: 5, labels: 'place' })
  expect(taskOf({ ...of, stage: 'video-teacher' }).labels).toBeNull()
})

test('another dataset, label set or preset is named', () => {
  expect(refusal({ kind: 'run', id: 'other' })).toMatchInlineSnapshot(
    `"The run other trains on others, not on films. Choose a run on films, or a preset."`,
  )
  expect(refusal({ kind: 'preset', name: 'demo', stage: 'finetune', labels: 'none' })).toMatchInlineSnapshot(
    `"The dataset films has no label set none. Choose one of: kind, place."`,
  )
  expect(refusal({ kind: 'preset', name: 'demos', stage: 'distill' })).toMatchInlineSnapshot(
    `"There is no preset called demos. Did you mean demo? There are 1, such as demo; "pipeline presets" lists them."`,
  )
})
