import { describe, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import type { ChosenInputs } from '#contract/configuration/inputs.ts'
import { misfitOf, misfitOfPair, whyHeadIsFresh } from '#contract/domain/fit.ts'
import { type ModelAnswers, questionsOf, withAnswers } from '#contract/domain/imported-model.ts'
import { modelRef, parseRef } from '#contract/domain/model-ref.ts'
import { describeModel, type ModelDescription, modelDescription } from '#contract/domain/model.ts'
import { withChosenModels } from '#contract/stages/chain.ts'
import { modelOfTask, type Stage } from '#contract/stages/index.ts'
import { requirePreset, readPresets } from '#main/pipelines/presets.ts'

const { configuration } = requirePreset(readPresets('resources/presets'), 'tiny')
const { clip } = configuration
const mae = modelOfTask({ stage: 'image-teacher', configuration: configuration['image-teacher'] }, clip, null)
const videoMae = modelOfTask({ stage: 'video-teacher', configuration: configuration['video-teacher'] }, clip, null)
const student = modelOfTask({ stage: 'distill', configuration: configuration.distill }, clip, null)
const classifier = modelOfTask({ stage: 'finetune', configuration: configuration.finetune }, clip, 4)
const changed = (
  model: ModelDescription,
  sizes: Partial<ModelDescription['sizes']>,
  rest: Partial<ModelDescription> = {},
): ModelDescription => ({ ...model, ...rest, sizes: { ...model.sizes, ...sizes } })

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message} ${cause.hint}`
    throw cause
  }
  return 'nothing was refused'
}

test.each([
  ['mae-base', { kind: 'imported-model', name: 'mae-base' }],
  ['falls-tiny-1.distill', { kind: 'run', runId: 'falls-tiny-1.distill' }],
  ['falls-tiny-1.distill@300', { kind: 'checkpoint', runId: 'falls-tiny-1.distill', step: 300 }],
  ['falls@x', { kind: 'imported-model', name: 'falls@x' }],
])('%s is recognised by its form', (ref, parsed) => {
  expect(parseRef(ref)).toEqual(parsed)
  expect(modelRef.parse(` ${ref} `)).toBe(ref)
})

describe('what a stage makes', () => {
  test('is described like what is imported', () => {
    for (const model of [mae, videoMae, student, classifier]) expect(modelDescription.parse(model)).toEqual(model)
    expect([mae, videoMae, student, classifier].map(describeModel)).toEqual([
      'MAE on images, width 96, depth 4, patch 16',
      'VideoMAE, width 96, depth 4, patch 16',
      'MVD student, width 96, depth 4, patch 16',
      'Fine-tuned classifier of 4 classes (MVD), width 96, depth 4, patch 16',
    ])
    expect(mae.sizes).toMatchObject({
      qkvBias: 'joint',
      tubeletSize: 1,
      tokens: 16,
      pixelTargetWidth: 3 * 16 * 16,
      hasClassToken: true,
    })
    expect(videoMae.sizes).toMatchObject({
      qkvBias: 'separate',
      tubeletSize: 2,
      pixelTargetWidth: 3 * 2 * 16 * 16,
      hasClassToken: false,
    })
    expect(
      modelOfTask(
        { stage: 'finetune', configuration: { ...configuration.finetune, initialization: 'video-teacher' } },
        clip,
        4,
      ).family,
    ).toBe('videomae')
  })

  test('by fine-tuning has every size of the model that it starts from, except those of its clip, head and labels', () => {
    const own = new Set([
      'patchSize',
      'tubeletSize',
      'tokens',
      'imageSize',
      'frames',
      'hasEncoderNorm',
      'decoder',
      'classes',
      'imageTargetWidth',
      'videoTargetWidth',
      'pixelTargetWidth',
    ])
    // Every size differs from what the configuration would give.
    const start = {
      ...videoMae,
      sizes: {
        ...videoMae.sizes,
        width: 160,
        depth: 7,
        heads: 5,
        mlpWidth: 333,
        qkvBias: 'none' as const,
        epsilon: 1e-12,
        headNormEpsilon: 1e-5,
        patchSize: 2,
        tubeletSize: 1,
        tokens: 3,
        imageSize: 6,
        frames: 1,
        hasClassToken: true,
        hasEncoderNorm: true,
        imageTargetWidth: 1,
        videoTargetWidth: 2,
        pixelTargetWidth: 3,
        classes: 9,
        pooling: 'first' as const,
      },
    }
    const make = (model?: typeof start) =>
      modelOfTask(
        { stage: 'finetune', configuration: { ...configuration.finetune, initialization: 'checkpoint' } },
        clip,
        4,
        model === undefined ? {} : { model },
      ).sizes
    const [fresh, inherited] = [make(), make(start)]
    for (const name of Object.keys(start.sizes) as (keyof typeof fresh)[])
      expect([name, inherited[name]]).toEqual([name, (own.has(name) ? fresh : start.sizes)[name]])
  })
})

const chainWith = (stages: Stage[], inputs: ChosenInputs) => {
  const finetune = { ...configuration.finetune, initialization: 'student' as const }
  const chained = withChosenModels({ ...configuration, stages, finetune }, inputs)
  return { stages: chained.stages, initialization: chained.finetune.initialization }
}

describe('a chain with chosen models', () => {
  const all = ['image-teacher', 'video-teacher', 'distill', 'finetune', 'evaluate'] as const
  test.each<[ChosenInputs, readonly string[], string]>([
    [{}, all, 'student'],
    [{ imageTeacher: 'a' }, ['video-teacher', 'distill', 'finetune', 'evaluate'], 'student'],
    [{ imageTeacher: 'a', videoTeacher: 'b' }, ['distill', 'finetune', 'evaluate'], 'student'],
    [{ model: 'c' }, ['finetune', 'evaluate'], 'checkpoint'],
  ])('%o', (inputs, stages, initialization) => expect(chainWith([...all], inputs)).toEqual({ stages, initialization }))
  test('leaves a test alone', () =>
    expect(chainWith(['evaluate'], { model: 'c' })).toEqual({ stages: ['evaluate'], initialization: 'student' }))
})

const image = (patchSize: number) => changed(mae, { patchSize })
const video = (patchSize: number) => changed(videoMae, { patchSize })

describe('use', () => {
  const unknown = changed(classifier, { heads: null }, { family: null })
  /** Of an import, whose clip is unknown. */
  const learned = changed(classifier, { frames: null, imageSize: null }, { family: null, hasLearnedPositions: true })
  test.each<[string, Parameters<typeof misfitOf>, string | undefined]>([
    ['a teacher of frames with another patch', ['teach', changed(mae, { patchSize: 14 }), clip], undefined],
    ['a teacher of clips with another patch', ['teach', changed(videoMae, { patchSize: 14 }), clip], undefined],
    ['an MVD student as teacher', ['teach', student, clip], undefined],
    [
      'a teacher of frames whose table was learned for this grid',
      ['teach', { ...mae, hasLearnedPositions: true }, clip],
      undefined,
    ],
    [
      'a teacher of frames whose table was learned for another',
      ['teach', changed(mae, { tokens: 196 }, { hasLearnedPositions: true }), clip],
      'has a learned position table for 14 x 14 patches; a frame of the clip has 4 x 4. Set clip.imageSize to 224, or choose another model.',
    ],
    [
      'a teacher with another tubelet',
      ['teach', changed(videoMae, { tubeletSize: 4 }), clip],
      'has tubelets of 4 frames; the clip has tubelets of 2. Set clip.tubeletSize to 4, or choose another model.',
    ],
    [
      'a teacher with unknown heads',
      ['teach', changed(mae, { heads: null }), clip],
      'has an unknown number of attention heads. Set it with: model describe NAME --heads NUMBER, or on its page.',
    ],
    [
      'a classifier of unknown family',
      ['start', changed(unknown, { heads: 3 }), clip],
      'has an unknown position table: that of VideoMAE or that of MVD. Set it with: model describe NAME --family videomae or mvd, or on its page.',
    ],
    [
      'a student with a learned table',
      ['start', { ...student, hasLearnedPositions: true }, clip],
      "has a position table that is neither VideoMAE's nor MVD's. Choose another model.",
    ],
    ['a classifier with a learned table for this clip', ['test', changed(learned, { tokens: 128 }), clip], undefined],
    [
      'a classifier with a learned table for other clips',
      ['start', changed(learned, { tokens: 392 }), clip],
      'has a learned position table for 392 tokens; a clip has 8 x 4 x 4. Set clip.frames and clip.imageSize to those of its training, or choose another model.',
    ],
    [
      'a classifier with a learned table for as many tokens in another order',
      ['start', changed(learned, { tokens: 128, frames: 64, imageSize: 32 }), clip],
      'has a learned position table for 32 x 2 x 2 tokens; a clip has 8 x 4 x 4. Set clip.frames and clip.imageSize to those of its training, or choose another model.',
    ],
    [
      'a start with another patch',
      ['start', changed(videoMae, { patchSize: 8 }), clip],
      'has patches of 8 px; the clip has patches of 16 px. Set clip.patchSize to 8, or choose another model.',
    ],
    [
      'a start from images',
      ['start', mae, clip],
      'encodes images; fine-tuning needs an encoder of clips. Choose a VideoMAE, an MVD student or a classifier.',
    ],
    [
      'a test of a student',
      ['test', student, clip],
      'is not a classifier and cannot be tested. Fine-tune it first: add the stage finetune.',
    ],
    ['a test of a classifier', ['test', classifier, clip], undefined],
  ])('of %s', (_name, parameters, sentence) => {
    const misfit = misfitOf(...parameters)
    expect(misfit && `${misfit.problem}. ${misfit.hint}`).toBe(sentence)
  })

  test('of two teachers together: clips are cut at two sizes at most', () => {
    expect([
      misfitOfPair(image(16), video(16), clip),
      misfitOfPair(image(14), video(16), clip),
      misfitOfPair(image(14), video(14), clip),
    ]).toEqual([undefined, undefined, undefined])
    expect(misfitOfPair(image(14), video(8), clip)?.problem).toBe(
      'cannot teach together with the other teacher: the image teacher has patches of 14 px, the video teacher of 8 px and the clip of 16 px, but at most two patch sizes can be combined',
    )
  })
})

test.each<[string, ModelDescription, string[] | null, string | undefined]>([
  ['a student', student, null, 'it has none'],
  ['another number of classes', classifier, null, 'it has 4 classes and the label set has 3'],
  ['classes without names', changed(classifier, { classes: 3 }), null, undefined],
  ['the same classes', changed(classifier, { classes: 3 }), ['a', 'b', 'c'], undefined],
  [
    'the same classes in another order',
    changed(classifier, { classes: 3 }),
    ['b', 'a', 'c'],
    'its classes differ or have another order',
  ],
])('the head of %s', (_name, model, classes, reason) =>
  expect(whyHeadIsFresh(model, classes, ['a', 'b', 'c'])).toBe(reason),
)

describe('answers to open questions', () => {
  const open = changed(classifier, { width: 48, heads: null }, { family: null })
  test('complete the description', () => {
    expect(questionsOf({ model: open }).map(({ answer }) => answer)).toEqual(['family', 'heads'])
    const answered = withAnswers(open, { family: 'videomae', heads: 3 })
    expect([answered.family, answered.sizes.heads, questionsOf({ model: answered })]).toEqual(['videomae', 3, []])
    expect(withAnswers(open, {})).toEqual(open)
  })
  test.each<[string, ModelDescription, ModelAnswers, string]>([
    [
      'a family against its names',
      videoMae,
      { family: 'mvd' },
      'bad-request: The family of this model (VideoMAE) cannot be mvd. Omit the family; it follows from the names of the tensors.',
    ],
    [
      'a family of images for clips',
      open,
      { family: 'mae' },
      'bad-request: The family of this model (Fine-tuned classifier) cannot be mae. Choose videomae or mvd.',
    ],
    [
      'a table that its width cannot have',
      changed(open, { width: 40 }),
      { family: 'mvd' },
      'bad-request: A model with a width of 40 cannot have the position table of MVD, whose width is a multiple of 16. Choose videomae.',
    ],
    [
      'heads that do not divide the width',
      open,
      { heads: 5 },
      'bad-request: The width 48 is not a multiple of 5 heads. Use the number with which the model was trained.',
    ],
    [
      'heads of a decoder that is not there',
      open,
      { decoderHeads: 3 },
      'bad-request: This model has no decoder. Omit the heads of the decoder.',
    ],
  ])('is refused: %s', (_name, model, answers, sentence) =>
    expect(refusal(() => withAnswers(model, answers))).toBe(sentence),
  )
})
