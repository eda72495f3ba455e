import { type DatasetDetail, VideoRangesBuilder } from '#contract/domain/dataset-detail.ts'
import type { BrokenVideo, Sample, Split, Video } from '#contract/domain/dataset.ts'
import type { ImportReport } from '#contract/domain/import-report.ts'
import { unorganized } from '#contract/domain/organization.ts'
import { preset as presetSchema } from '#contract/domain/pipeline.ts'
import type { LaunchedPipeline, Pipeline, Preset } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { stageNames } from '#contract/stages/index.ts'
import type { Stage } from '#contract/stages/index.ts'
import demo from '../../../resources/presets/demo.json' with { type: 'json' }
import tiny from '../../../resources/presets/tiny.json' with { type: 'json' }

/** A published preset as the studio returns it. */
const published = {
  ...tiny,
  name: 'b-from-b-kinetics-400',
  title: 'ViT-B from ViT-B: Kinetics-400',
  description: 'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 82.7 %.',
  sources: { 'distill.epochs': 'MVD script of B from B: --epochs 401, of which checkpoint-399 is used' },
  configuration: { ...tiny.configuration, distill: { ...tiny.configuration.distill, epochs: 400 } },
}
export const presets: Preset[] = [tiny, demo, published].map((data) => presetSchema.parse(data))
export const presetNamed = (name: string): Preset => presets.find((preset) => preset.name === name) ?? presets[0]!

/** The time of the fake world. */
export const now = Date.parse('2026-11-23T10:00:00Z')
export const minutesAgo = (minutes: number): string => new Date(now - minutes * 60_000).toISOString()

const appearance = [
  'striped square',
  'dotted square',
  'striped disc',
  'dotted disc',
  'striped triangle',
  'dotted triangle',
  'striped cross',
  'dotted cross',
]
const motion = ['left', 'right', 'up', 'down', 'clockwise', 'counter-clockwise', 'grow', 'shrink']

/** 70 % training, 10 % validation, 20 % test, distributed over the classes. */
const splitOf = (index: number): Split =>
  (['train', 'train', 'test', 'train', 'train', 'validation', 'train', 'test', 'train', 'train', 'train'] as const)[
    (index * 7 + Math.floor(index / 8) * 3) % 11
  ]!
const digest = (seed: number): string =>
  Array.from({ length: 64 }, (_, index) => ((seed * 31 + index * index * 7 + index) % 16).toString(16)).join('')

function samples(
  count: number,
  folder: (index: number) => string,
  labels: (index: number) => Sample['labels'],
  facts: Partial<Video> = {},
): Sample[] {
  const videoAt = (index: number): Video => ({
    id: digest(index + count).slice(0, 8) + String(index).padStart(4, '0'),
    path: `${folder(index)}/${String(index).padStart(4, '0')}.mp4`,
    frameCount: 32,
    width: 64,
    height: 64,
    framesPerSecond: 16,
    durationMs: 2000,
    codec: 'h264',
    sizeBytes: 24_000 + ((index * 7919) % 9000),
    digest: digest(index),
    ...facts,
  })
  return Array.from({ length: count }, (_, index) => {
    const video = videoAt(index)
    return { id: video.id, video, labels: labels(index), split: splitOf(index) }
  })
}

/** A dataset with what the studio serves in pages. */
export type FakeDataset = DatasetDetail & {
  readonly samples: readonly Sample[]
  readonly broken: readonly BrokenVideo[]
}

function withSummary(
  detail: Pick<FakeDataset, 'name' | 'root' | 'createdAt' | 'digest' | 'labelSets' | 'samples' | 'broken' | 'report'>,
): FakeDataset {
  const balance = detail.labelSets.flatMap(({ name, classes }) =>
    [...classes.map((label, index) => [label, index] as const), [null, null] as const].flatMap(([label, index]) => {
      const here = detail.samples.filter((sample) => sample.labels[name] === index)
      const count = (split: Split) => here.filter((sample) => sample.split === split).length
      return label === null && here.length === 0
        ? []
        : [{ labelSet: name, label, train: count('train'), validation: count('validation'), test: count('test') }]
    }),
  )
  const ranges = new VideoRangesBuilder()
  for (const { video } of detail.samples) ranges.add(video)
  const sum = (pick: (video: Video) => number) => detail.samples.reduce((total, { video }) => total + pick(video), 0)
  return {
    ...detail,
    videoCount: detail.samples.length,
    sampleCount: detail.samples.length,
    splitSets: ['default'],
    videos: ranges.ranges(),
    brokenCount: detail.broken.length,
    totalFrames: sum((video) => video.frameCount),
    totalDurationMs: sum((video) => video.durationMs),
    totalSizeBytes: sum((video) => video.sizeBytes),
    balance,
  }
}

/** The report of a folder of which everything was taken. */
export const emptyReport: ImportReport = {
  source: { format: 'folder-per-class' },
  followLinks: false,
  leftOut: [],
  warnings: [],
  notes: [],
  repeats: { acrossSplits: { count: 0, examples: [] }, acrossClasses: { count: 0, examples: [] }, elsewhere: 0 },
}

export const shapes: FakeDataset = withSummary({
  name: 'shapes',
  root: '/home/ada/mvd-studio/built-in/shapes',
  createdAt: minutesAgo(60 * 26),
  digest: digest(3),
  labelSets: [
    { name: 'appearance', classes: appearance },
    { name: 'motion', classes: motion },
  ],
  samples: samples(
    480,
    (index) => `clips-${index % 4}`,
    (index) =>
      splitOf(index) === 'train' && Math.floor(index / 8) % 3 !== 0
        ? { appearance: null, motion: null }
        : { appearance: (index * 3) % 8, motion: (index * 5 + Math.floor(index / 8)) % 8 },
  ),
  broken: [],
  report: null,
})

export const falls: FakeDataset = withSummary({
  name: 'bed-falls',
  root: '/home/ada/videos/bed-falls',
  createdAt: minutesAgo(60 * 3),
  digest: digest(5),
  labelSets: [{ name: 'folders', classes: ['fall', 'lying', 'sitting', 'walking'] }],
  samples: samples(
    86,
    (index) => ['fall', 'lying', 'lying', 'sitting', 'walking', 'lying', 'lying'][index % 7]!,
    (index) => ({ folders: [0, 1, 1, 2, 3, 1, 1][index % 7]! }),
    { frameCount: 148, width: 640, height: 480, framesPerSecond: 25, durationMs: 5920, sizeBytes: 1_480_000 },
  ),
  broken: [
    { path: 'fall/clip-031.mp4', reason: 'The file ends in the middle of a frame (truncated after 41 of 150 frames).' },
    { path: 'sitting/notes.mp4', reason: 'Not a video: no stream was found in the file.' },
    { path: 'walking/empty.mov', reason: 'The file is empty.' },
  ],
  report: {
    ...emptyReport,
    leftOut: [
      { reason: 'ending', ending: '.txt', count: 7, examples: ['fall/notes.txt', 'lying/notes.txt'] },
      { reason: 'link', count: 1, examples: ['walking/archive'] },
    ],
    warnings: ['1 video is in more than one split, in files with the same content: fall/a.mp4 and fall/b.mp4.'],
    notes: ['1 video of one class and split is in the dataset more than once.'],
    repeats: {
      ...emptyReport.repeats,
      acrossSplits: { count: 1, examples: [['fall/a.mp4', 'fall/b.mp4']] },
      elsewhere: 1,
    },
  },
})

const order: Record<Stage, number> = { 'image-teacher': 0, 'video-teacher': 1, distill: 2, finetune: 3, evaluate: 4 }
const parameters: Record<Stage, number> = {
  'image-teacher': 556_416,
  'video-teacher': 1_214_208,
  distill: 884_736,
  finetune: 542_216,
  evaluate: 542_216,
}
const totalSteps: Record<Stage, number> = {
  'image-teacher': 240,
  'video-teacher': 420,
  distill: 420,
  finetune: 300,
  evaluate: 96,
}

export function fakePipeline(
  id: string,
  presetName: string,
  dataset: FakeDataset,
  labels: string | null,
  chosen: readonly Stage[],
  createdMinutesAgo: number,
): LaunchedPipeline {
  const { configuration } = presetNamed(presetName)
  return {
    id,
    name: id,
    dataset: dataset.name,
    preset: presetName,
    labels,
    createdAt: minutesAgo(createdMinutesAgo),
    datasetDigest: dataset.digest,
    configuration: { ...configuration, stages: [...chosen] },
    runIds: chosen.map((stage) => `${id}-${stage}`),
    organization: unorganized,
  }
}

export function fakeRun(pipeline: Pipeline, stage: Stage, facts: Partial<Run>): Run {
  const started = Date.parse(pipeline.createdAt) + order[stage] * 70_000
  const finished = facts.status === 'finished'
  const durationMs = finished ? 55_000 + order[stage] * 6_000 : 0
  return {
    id: `${pipeline.id}-${stage}`,
    pipelineId: pipeline.id,
    stage,
    dataset: pipeline.dataset,
    labels: pipeline.labels ?? null,
    preset: pipeline.preset,
    status: 'queued',
    isStopping: false,
    waitsFor: [],
    createdAt: pipeline.createdAt,
    startedAt: facts.status === undefined || facts.status === 'queued' ? null : new Date(started).toISOString(),
    endedAt: finished ? new Date(started + durationMs).toISOString() : null,
    attempt: facts.status === undefined || facts.status === 'queued' ? 0 : 1,
    step: finished ? totalSteps[stage] : 0,
    totalSteps: facts.status === undefined || facts.status === 'queued' ? null : totalSteps[stage],
    epochs: stage === 'evaluate' ? 1 : totalSteps[stage] / 15,
    effectiveBatchSize: 32,
    engine: finished || facts.status === 'running' ? 'onnx-cpu' : null,
    parameters: facts.status === undefined || facts.status === 'queued' ? null : parameters[stage],
    clipsPerSecond: finished ? 212 - order[stage] * 18 : null,
    remainingMs: null,
    durationMs,
    checkpointCount: 0,
    summaries: [],
    result: null,
    error: null,
    organization: unorganized,
    ...facts,
  }
}

export const allStages = stageNames
