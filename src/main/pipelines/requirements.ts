import { StudioError } from '#contract/api/errors.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { samplesPerStep } from '#contract/configuration/rules.ts'
import { type DatasetManifest, type Sample, samplesOf, spanOf } from '#contract/domain/dataset.ts'
import { type Stage, stageTitles } from '#contract/stages/stage.ts'

export interface Requirements {
  /** The label set that the labelled stages use; null where no stage needs one. */
  labels: string | null
  /** What will work, but not as one may expect. */
  warnings: string[]
}

/** Checks a configuration against the dataset that it will run on. Throws what the person has to change. */
export function checkRequirements(
  configuration: PipelineConfiguration,
  manifest: DatasetManifest,
  labels: string | undefined,
): Requirements {
  const chosen = chooseLabels(configuration, manifest, labels)
  if (chosen !== null && needsLabels(configuration)) checkClasses(configuration, manifest, chosen)
  checkBatches(configuration, manifest, chosen)
  return { labels: chosen, warnings: checkLengths(configuration, manifest) }
}

const needsLabels = ({ stages }: PipelineConfiguration): boolean =>
  stages.includes('finetune') || stages.includes('evaluate')

function chooseLabels(
  configuration: PipelineConfiguration,
  manifest: DatasetManifest,
  labels: string | undefined,
): string | null {
  const names = manifest.labelSets.map((labelSet) => labelSet.name)
  if (labels !== undefined) {
    if (names.includes(labels)) return labels
    throw new StudioError(
      'configuration-invalid',
      `labels: the dataset ${manifest.name} has no label set called ${labels}.`,
      names.length === 0
        ? 'It has no classes at all; leave labels out and run only stages that need none.'
        : `Choose one of ${names.join(', ')}.`,
    )
  }
  if (!needsLabels(configuration)) return null
  const [first, ...others] = names
  if (first === undefined)
    throw new StudioError(
      'dataset-one-class',
      `The dataset ${manifest.name} has no classes, which fine-tuning and the test need.`,
      'Import a folder with one folder per class or with a labels.csv, or choose only the stages image-teacher, video-teacher and distill.',
    )
  if (others.length > 0)
    throw new StudioError(
      'configuration-invalid',
      `labels: the dataset ${manifest.name} has ${names.length} label sets.`,
      `Choose one of ${names.join(', ')}.`,
    )
  return first
}

function checkClasses({ stages }: PipelineConfiguration, manifest: DatasetManifest, labels: string): void {
  const needed = stages.includes('evaluate') ? (['train', 'test'] as const) : (['train'] as const)
  const classes = manifest.labelSets.find((labelSet) => labelSet.name === labels)?.classes ?? []
  const samples = samplesOf(manifest)
  const usable = classes.filter((_name, index) =>
    needed.every((split) => samples.some((sample) => sample.split === split && sample.labels[labels] === index)),
  )
  if (usable.length >= 2) return
  const found = usable.length === 0 ? 'none' : `only ${usable.join(', ')}`
  throw new StudioError(
    'dataset-one-class',
    `Fine-tuning on ${manifest.name} needs two classes with ${needed.length === 2 ? 'training and test' : 'training'} videos in the label set ${labels}; there is ${found}.`,
    'Add videos of another class and import the folder again, or choose only the stages image-teacher, video-teacher and distill.',
  )
}

/** Samples that a stage trains on. */
export function trainingSamples(stage: Stage, manifest: DatasetManifest, labels: string | null): Sample[] {
  return stage === 'finetune' && labels === null
    ? []
    : samplesOf(manifest, { split: 'train', labelSet: stage === 'finetune' ? (labels ?? undefined) : undefined })
}

function checkBatches(configuration: PipelineConfiguration, manifest: DatasetManifest, labels: string | null): void {
  for (const stage of configuration.stages) {
    if (stage === 'evaluate') continue
    const { accumulationSteps, samplesPerVideo } = configuration[stage]
    const perStep = samplesPerStep(configuration[stage])
    const videos = trainingSamples(stage, manifest, labels).length
    if (videos === 0)
      throw new StudioError(
        'configuration-invalid',
        `stages: ${stageTitles[stage]} has no training videos in ${manifest.name}.`,
        'Mark videos as train in labels.csv and import the folder again.',
      )
    const samples = videos * samplesPerVideo
    if (perStep > samples) {
      const factors = samplesPerVideo === 1 ? '' : ` (${videos} videos x ${samplesPerVideo} samples)`
      const place =
        accumulationSteps === 1
          ? `${stage}.batchSize: a batch of ${perStep}`
          : `${stage}.accumulationSteps: an optimizer step of ${accumulationSteps} batches with ${perStep} samples together`
      const hint =
        accumulationSteps === 1
          ? `Set ${stage}.batchSize to at most ${samples}`
          : `Lower ${stage}.accumulationSteps or ${stage}.batchSize until their product is at most ${samples}`
      throw new StudioError(
        'configuration-invalid',
        `${place} is more than the ${samples} training samples of ${manifest.name}${factors}.`,
        `${hint}, or raise ${stage}.samplesPerVideo.`,
      )
    }
  }
}

function checkLengths({ clip, stages }: PipelineConfiguration, manifest: DatasetManifest): string[] {
  if (stages.every((stage) => stage === 'image-teacher')) return []
  const lengths = samplesOf(manifest).map((sample) => spanOf(sample).frameCount)
  const short = lengths.filter((frameCount) => frameCount < clip.frames)
  if (short.length === 0) return []
  if (short.length === lengths.length) {
    const longest = Math.max(...short)
    throw new StudioError(
      'video-too-short',
      `clip.frames: a clip takes ${clip.frames} frames, but the longest of the ${short.length} videos of ${manifest.name} has ${longest}.`,
      `Set clip.frames to at most ${longest}, or use longer videos.`,
    )
  }
  return [
    `${short.length} of ${lengths.length} videos have fewer than the ${clip.frames} frames of a clip; their last frame is repeated.`,
  ]
}
