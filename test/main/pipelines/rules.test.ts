import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetManifest, Split } from '#contract/domain/dataset.ts'
import type { RunInputs } from '#contract/domain/run.ts'
import type { Stage } from '#contract/stages/index.ts'
import { defaultPipelineId, orderStages, stageInputs } from '#main/pipelines/plan.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { checkRequirements } from '#main/pipelines/requirements.ts'
import { manifestOf as wholeVideos } from '../../support/manifest.ts'
import { statisticsOf } from '../../support/statistics.ts'
import { folderOf, requestFor, resources } from '../support.ts'

function reading(work: () => unknown): string {
  try {
    work()
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message}\n${cause.hint}`
    throw cause
  }
  return 'nothing was refused'
}

test('stages run once each, in the order in which they depend on each other', () => {
  expect(orderStages(['finetune', 'image-teacher', 'finetune', 'distill'])).toEqual([
    'image-teacher',
    'distill',
    'finetune',
  ])
})

test('a pipeline without a name gets the first number that is free, and never too long a name', () => {
  const taken = new Set(['falls-tiny-1', 'falls-tiny-2'])
  expect(defaultPipelineId('falls', 'tiny', (id) => taken.has(id))).toBe('falls-tiny-3')
  expect(defaultPipelineId('d'.repeat(63), 'tiny', () => false)).toBe(`${'d'.repeat(61)}-1`)
})

const idOf = (stage: string) => `p.${stage}`
test.each<{
  stage: Stage
  teachers?: 'image' | 'video'
  initialization?: 'video-teacher' | 'scratch'
  inputs: RunInputs
}>([
  { stage: 'image-teacher', inputs: {} },
  { stage: 'video-teacher', inputs: {} },
  { stage: 'distill', inputs: { imageTeacher: 'p.image-teacher', videoTeacher: 'p.video-teacher' } },
  { stage: 'distill', teachers: 'image', inputs: { imageTeacher: 'p.image-teacher' } },
  { stage: 'distill', teachers: 'video', inputs: { videoTeacher: 'p.video-teacher' } },
  { stage: 'finetune', inputs: { model: 'p.distill' } },
  { stage: 'finetune', initialization: 'video-teacher', inputs: { model: 'p.video-teacher' } },
  { stage: 'finetune', initialization: 'scratch', inputs: {} },
  { stage: 'evaluate', inputs: { model: 'p.finetune' } },
])(
  '$stage ($teachers $initialization) takes its checkpoints from $inputs',
  ({ stage, inputs, teachers, initialization }) => {
    const { configuration } = requestFor('d', (configuration) => {
      if (teachers !== undefined) configuration.distill.teachers = teachers
      if (initialization !== undefined) configuration.finetune.initialization = initialization
    })
    expect(stageInputs(stage, configuration, idOf)).toEqual(inputs)
  },
)

test('a broken preset is named with its file and field', () => {
  const tiny = requirePreset(readPresets(join(resources, 'presets')), 'tiny')
  const folder = folderOf({
    'mine.json': JSON.stringify({
      ...tiny,
      configuration: { ...tiny.configuration, clip: { ...tiny.configuration.clip, patchSize: 15 } },
    }),
  })
  expect(reading(() => readPresets(folder)).replace(folder, '<folder>')).toMatchInlineSnapshot(`
    "configuration-invalid: The file <folder>/mine.json is damaged: configuration.clip.patchSize: The patch size 15 px does not divide the image size 64 px. Try 16 px.
    Correct the preset, or reinstall the studio."
  `)
})

interface VideoSketch {
  split?: Split
  label?: number | null
  frameCount?: number
}

function manifestOf(
  sketches: VideoSketch[],
  labelSets: DatasetManifest['labelSets'] = [{ name: 'class', classes: ['fall', 'walk'] }],
): DatasetManifest {
  const videos = sketches.map(({ split = 'train', label = 0, frameCount = 32 }, index) => ({
    id: `v${index}`,
    path: `${index}.mp4`,
    split,
    labels: Object.fromEntries(labelSets.map(({ name }) => [name, label])),
    frameCount,
    width: 64,
    height: 64,
    framesPerSecond: 25,
    durationMs: frameCount * 40,
    codec: 'h264',
    sizeBytes: 1,
    digest: '',
  }))
  return wholeVideos(videos, { labelSets })
}
const good: VideoSketch[] = (['train', 'train', 'test'] as const).flatMap((split) => [
  { split, label: 0 },
  { split, label: 1 },
])
const check = (manifest: DatasetManifest, change?: (configuration: PipelineConfiguration) => void, labels?: string) =>
  checkRequirements(requestFor('d', change).configuration, statisticsOf(manifest), labels)

test('the only label set is taken; none is needed without fine-tuning', () => {
  expect(check(manifestOf(good))).toEqual({ labels: 'class', warnings: [] })
  expect(check(manifestOf(good), (configuration) => (configuration.stages = ['image-teacher']))).toEqual({
    labels: null,
    warnings: [],
  })
  expect(
    check(
      manifestOf(good, [
        { name: 'shape', classes: ['a', 'b'] },
        { name: 'motion', classes: ['c', 'd'] },
      ]),
      undefined,
      'motion',
    ).labels,
  ).toBe('motion')
})

test('short videos are warned of', () => {
  expect(check(manifestOf([...good, { frameCount: 5 }])).warnings).toEqual([
    '1 of 7 videos are shorter than the 16 frames of a clip. Their last frame is repeated.',
  ])
})

test('classes that cannot be learned or are not tested are named before the launch', () => {
  const four = [{ name: 'class', classes: ['fall', 'walk', 'run', 'sit'] }]
  // Nothing tests "run", and nothing teaches "sit".
  const dataset = manifestOf([...good, { label: 2 }, { split: 'test', label: 3 }, { split: 'test', label: 3 }], four)
  const sit =
    'The class sit of the label set class has no training videos. A classifier cannot learn it, and its test videos (2) count as errors.'
  const run = 'The class run of the label set class has no test videos. The test does not measure it.'
  const warnings = (stages: Stage[], trainingVideos?: number[]) =>
    checkRequirements(
      requestFor('d', (configuration) => (configuration.stages = stages)).configuration,
      statisticsOf(dataset),
      undefined,
      trainingVideos,
    ).warnings
  expect(warnings(['finetune', 'evaluate'])).toEqual([sit, run])
  expect(warnings(['finetune'])).toEqual([sit])
  expect(warnings(['image-teacher'])).toEqual([])
  // What a chosen classifier was fine-tuned on decides, not the training videos of this dataset.
  expect(warnings(['evaluate'])).toEqual([run])
  expect(warnings(['evaluate'], [1, 1, 1, 1])).toEqual([run])
  expect(warnings(['evaluate'], [1, 1, 1, 0])).toEqual([sit, run])
})

test('a test of a chosen classifier needs no training videos', () => {
  const tested = manifestOf(good.map((video) => ({ ...video, split: 'test' as const })))
  expect(check(tested, (configuration) => (configuration.stages = ['evaluate']))).toEqual({
    labels: 'class',
    warnings: [],
  })
})

test('early stopping takes a dataset with validation videos', () => {
  const validated = manifestOf([...good, { split: 'validation' }])
  expect(check(validated, (configuration) => (configuration.finetune.patience = 3)).labels).toBe('class')
})

test('what a dataset cannot give is refused', () => {
  const two = [
    { name: 'shape', classes: ['a', 'b'] },
    { name: 'motion', classes: ['c', 'd'] },
  ]
  expect({
    labelsToChoose: reading(() => check(manifestOf(good, two))),
    labelsUnknown: reading(() => check(manifestOf(good), undefined, 'shape')),
    labelsWithoutAny: reading(() => check(manifestOf(good, []), undefined, 'shape')),
    noClasses: reading(() => check(manifestOf(good, []))),
    classesOfBoxes: reading(() => check({ ...manifestOf(good, []), boxClasses: ['stand', 'talk'] })),
    oneClass: reading(() =>
      check(
        manifestOf(
          good.map((video) => ({ ...video, label: 0 })),
          [{ name: 'class', classes: ['fall'] }],
        ),
      ),
    ),
    oneClassInTest: reading(() => check(manifestOf([...good.slice(0, 5), { split: 'test', label: null }]))),
    noClassInTraining: reading(() =>
      check(
        manifestOf(good.map((video) => ({ ...video, split: 'test' as const }))),
        (configuration) => (configuration.stages = ['finetune']),
      ),
    ),
    noValidation: reading(() => check(manifestOf(good), (configuration) => (configuration.finetune.patience = 3))),
    tooShort: reading(() => check(manifestOf(good.map((video, index) => ({ ...video, frameCount: 5 + index }))))),
    batchTooLarge: reading(() =>
      check(manifestOf(good), (configuration) => (configuration['video-teacher'].batchSize = 64)),
    ),
    batchTooLargeForLabels: reading(() =>
      check(manifestOf([...good, ...good.map((video) => ({ ...video, label: null }))]), (configuration) => {
        configuration.finetune.batchSize = 8
        configuration.finetune.samplesPerVideo = 1
      }),
    ),
    noTraining: reading(() =>
      check(manifestOf([{ split: 'test' }]), (configuration) => (configuration.stages = ['image-teacher'])),
    ),
  }).toMatchInlineSnapshot(`
    {
      "batchTooLarge": "configuration-invalid: video-teacher.batchSize: a batch of 64 is more than the 4 training samples of d.
    Set video-teacher.batchSize to at most 4, or raise video-teacher.samplesPerVideo.",
      "batchTooLargeForLabels": "configuration-invalid: finetune.batchSize: a batch of 8 is more than the 4 training samples of d.
    Set finetune.batchSize to at most 4, or raise finetune.samplesPerVideo.",
      "classesOfBoxes": "dataset-one-class: A sample of the dataset d has several classes, those of its boxes. Fine-tuning and Test need one class for each sample.
    Choose only the stages image-teacher, video-teacher, and distill, which use all samples, and fine-tune their model on a dataset with one class for each video (--start-from ID).",
      "labelsToChoose": "configuration-invalid: labels: the dataset d has 2 label sets.
    Choose one of shape, motion.",
      "labelsUnknown": "configuration-invalid: labels: the dataset d has no label set called shape.
    Choose one of class.",
      "labelsWithoutAny": "configuration-invalid: labels: the dataset d has no label set called shape.
    It has no classes. Omit labels and choose only the stages image-teacher, video-teacher, and distill.",
      "noClassInTraining": "dataset-one-class: d needs two classes with train videos in the label set class; there is none.
    Add videos of another class and import the folder again, or choose only the stages image-teacher, video-teacher, and distill.",
      "noClasses": "dataset-one-class: The dataset d has no classes. Fine-tuning and Test need them.
    Import a folder with one folder per class or with a labels.csv, or choose only the stages image-teacher, video-teacher, and distill.",
      "noTraining": "configuration-invalid: stages: Image teacher has no training videos in d.
    Mark videos as train in labels.csv and import the folder again.",
      "noValidation": "configuration-invalid: finetune.patience: early stopping needs validation videos, and the label set class of d has none.
    Set finetune.patience to 0, or import the dataset again with a validation split.",
      "oneClass": "dataset-one-class: d needs two classes with train and test videos in the label set class; there is only fall.
    Add videos of another class and import the folder again, or choose only the stages image-teacher, video-teacher, and distill.",
      "oneClassInTest": "dataset-one-class: d needs two classes with train and test videos in the label set class; there is only fall.
    Add videos of another class and import the folder again, or choose only the stages image-teacher, video-teacher, and distill.",
      "tooShort": "video-too-short: clip.frames: a clip has 16 frames, but the longest of the 6 videos of d has 10.
    Set clip.frames to at most 10, or use longer videos.",
    }
  `)
})

test('a dataset of pictures is for the image teacher alone', () => {
  const pictures = manifestOf(
    ['train', 'train', 'test'].map((split) => ({ frameCount: 1, split: split as 'train' | 'test' })),
  )
  const stagesOf = (stages: Parameters<typeof check>[1]) => reading(() => check(pictures, stages))
  expect(
    stagesOf((configuration) => {
      configuration.stages = ['image-teacher', 'video-teacher', 'distill']
      for (const stage of configuration.stages) configuration[stage].batchSize = 1
    }),
  ).toBe(
    `video-too-short: stages: the dataset d has pictures, videos of one frame, which Video teacher and Distillation cannot use.
Choose only the stage Image teacher, or a dataset of videos. The model can then be the image teacher of a pipeline on videos.`,
  )
})

test('short videos do not matter to the image teacher', () => {
  expect(
    check(manifestOf([{ frameCount: 1 }, { frameCount: 1 }]), (configuration) => {
      configuration.stages = ['image-teacher']
      configuration['image-teacher'].batchSize = 1
    }),
  ).toEqual({ labels: null, warnings: [] })
})
