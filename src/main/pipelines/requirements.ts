import { StudioError } from '#contract/api/errors.ts'
import { samplesPerStep } from '#contract/configuration/counts.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { coverageWarnings } from '#contract/domain/class-coverage.ts'
import { balanceIn, countIn, type DatasetStatistics } from '#contract/domain/dataset-statistics.ts'
import { splits } from '#contract/domain/dataset.ts'
import { earlyStoppingOf } from '#contract/domain/early-stopping.ts'
import { formatList } from '#contract/format.ts'
import { isTrainingStage, needsLabels, type Stage, stageNames, stages, stageTitles } from '#contract/stages/index.ts'

export interface Requirements {
  /** The label set that the stages use; null if no stage needs one. */
  labels: string | null
  /** What works, but maybe not as expected. */
  warnings: string[]
}

/**
 * Checks a configuration against the dataset that it will run on.
 * @param trainingVideos of each class, on which the chosen classifier was fine-tuned; undefined if there is none, or that is unknown
 * @throws StudioError naming the setting or the dataset to change.
 */
export function checkRequirements(
  configuration: PipelineConfiguration,
  dataset: DatasetStatistics,
  labels: string | undefined,
  trainingVideos?: readonly number[],
): Requirements {
  const chosen = chooseLabels(configuration, dataset, labels)
  if (chosen !== null && configuration.stages.some(needsLabels)) checkClasses(configuration, dataset, chosen)
  checkBatches(configuration, dataset, chosen)
  checkValidation(configuration, dataset, chosen)
  return {
    labels: chosen,
    warnings: [...coverage(configuration, dataset, chosen, trainingVideos), ...checkLengths(configuration, dataset)],
  }
}

const unlabelled = formatList(stageNames.filter((stage) => !needsLabels(stage)))

function chooseLabels(
  configuration: PipelineConfiguration,
  dataset: DatasetStatistics,
  labels: string | undefined,
): string | null {
  const names = dataset.labelSets.map((labelSet) => labelSet.name)
  if (labels !== undefined) {
    if (names.includes(labels)) return labels
    throw new StudioError(
      'configuration-invalid',
      `labels: the dataset ${dataset.name} has no label set called ${labels}.`,
      names.length === 0
        ? `It has no classes. Omit labels and choose only the stages ${unlabelled}.`
        : `Choose one of ${names.join(', ')}.`,
    )
  }
  const labelled = configuration.stages.filter(needsLabels)
  if (labelled.length === 0) return null
  const [first, ...others] = names
  if (first === undefined && dataset.boxClasses !== undefined)
    throw new StudioError(
      'dataset-one-class',
      `A sample of the dataset ${dataset.name} has several classes, those of its boxes. ${formatList(labelled.map((stage) => stageTitles[stage]))} ${labelled.length === 1 ? 'needs' : 'need'} one class for each sample.`,
      `Choose only the stages ${unlabelled}, which use all samples, and fine-tune their model on a dataset with one class for each video (--start-from ID).`,
    )
  if (first === undefined)
    throw new StudioError(
      'dataset-one-class',
      `The dataset ${dataset.name} has no classes. ${formatList(labelled.map((stage) => stageTitles[stage]))} ${labelled.length === 1 ? 'needs' : 'need'} them.`,
      `Import a folder with one folder per class or with a labels.csv, or choose only the stages ${unlabelled}.`,
    )
  if (others.length > 0)
    throw new StudioError(
      'configuration-invalid',
      `labels: the dataset ${dataset.name} has ${names.length} label sets.`,
      `Choose one of ${names.join(', ')}.`,
    )
  return first
}

function checkClasses(configuration: PipelineConfiguration, dataset: DatasetStatistics, labels: string): void {
  const needed = [...new Set(configuration.stages.flatMap((stage) => stages[stage].labelledSplits))]
  const usable = balanceIn(dataset, labels).flatMap((row) =>
    row.label !== null && needed.every((split) => row[split] > 0) ? [row.label] : [],
  )
  if (usable.length >= 2) return
  const found = usable.length === 0 ? 'none' : `only ${usable.join(', ')}`
  throw new StudioError(
    'dataset-one-class',
    `${dataset.name} needs two classes with ${formatList(needed)} videos in the label set ${labels}; there is ${found}.`,
    `Add videos of another class and import the folder again, or choose only the stages ${unlabelled}.`,
  )
}

/** Warnings about classes that cannot be learned or are not tested. A test counts the training videos of the classifier that it tests. */
function coverage(
  { stages: running }: PipelineConfiguration,
  dataset: DatasetStatistics,
  labels: string | null,
  trainingVideos: readonly number[] | undefined,
): string[] {
  const labelSet = dataset.labelSets.find(({ name }) => name === labels)
  if (labelSet === undefined) return []
  const needed = new Set(running.flatMap((stage) => stages[stage].labelledSplits))
  const balance = balanceIn(dataset, labelSet.name)
  const counted =
    needed.has('train') || trainingVideos === undefined
      ? balance
      : balance.map((entry, index) => ({ ...entry, train: trainingVideos[index] ?? 0 }))
  const uses = splits.filter((split) => needed.has(split) || (split === 'train' && counted !== balance))
  return coverageWarnings(counted, labelSet.name, uses)
}

/** How many samples a stage trains on. */
function trainingSamples(stage: Stage, dataset: DatasetStatistics, labels: string | null): number {
  if (!needsLabels(stage)) return countIn(dataset, 'train')
  return labels === null ? 0 : countIn(dataset, 'train', labels)
}

function checkBatches(configuration: PipelineConfiguration, dataset: DatasetStatistics, labels: string | null): void {
  for (const stage of configuration.stages) {
    if (!isTrainingStage(stage)) continue
    const { accumulationSteps, samplesPerVideo } = configuration[stage]
    const perStep = samplesPerStep(configuration[stage])
    const videos = trainingSamples(stage, dataset, labels)
    if (videos === 0)
      throw new StudioError(
        'configuration-invalid',
        `stages: ${stageTitles[stage]} has no training videos in ${dataset.name}.`,
        'Mark videos as train in labels.csv and import the folder again.',
      )
    const samples = videos * samplesPerVideo
    if (perStep > samples) {
      const factors = samplesPerVideo === 1 ? '' : ` (${videos} videos x ${samplesPerVideo} samples)`
      const problem =
        accumulationSteps === 1
          ? `${stage}.batchSize: a batch of ${perStep}`
          : `${stage}.accumulationSteps: a step of ${accumulationSteps} batches with ${perStep} samples`
      const hint =
        accumulationSteps === 1
          ? `Set ${stage}.batchSize to at most ${samples}`
          : `Lower ${stage}.accumulationSteps or ${stage}.batchSize until their product is at most ${samples}`
      throw new StudioError(
        'configuration-invalid',
        `${problem} is more than the ${samples} training samples of ${dataset.name}${factors}.`,
        `${hint}, or raise ${stage}.samplesPerVideo.`,
      )
    }
  }
}

/** A stage that stops early needs validation videos of at least one class. */
function checkValidation(
  configuration: PipelineConfiguration,
  dataset: DatasetStatistics,
  labels: string | null,
): void {
  if (labels === null || countIn(dataset, 'validation', labels) > 0) return
  for (const stage of configuration.stages) {
    if (earlyStoppingOf(configuration[stage]) === undefined) continue
    throw new StudioError(
      'configuration-invalid',
      `${stage}.patience: early stopping needs validation videos, and the label set ${labels} of ${dataset.name} has none.`,
      `Set ${stage}.patience to 0, or import the dataset again with a validation split.`,
    )
  }
}

function checkLengths(configuration: PipelineConfiguration, dataset: DatasetStatistics): string[] {
  const { clip } = configuration
  if (configuration.stages.every((stage) => stages[stage].sees === 'images')) return []
  const { sampleCount, lengths } = dataset
  const short = lengths.filter(([frames]) => frames < clip.frames).reduce((sum, [, count]) => sum + count, 0)
  if (short === 0) return []
  if (short === sampleCount) {
    const longest = lengths.at(-1)?.[0] ?? 0
    const onClips = configuration.stages.filter((stage) => stages[stage].sees !== 'images')
    if (longest === 1)
      throw new StudioError(
        'video-too-short',
        `stages: the dataset ${dataset.name} has pictures, videos of one frame, which ${formatList(onClips.map((stage) => stageTitles[stage]))} cannot use.`,
        `Choose only the stage ${formatList(stageNames.filter((stage) => stages[stage].trains && stages[stage].sees === 'images').map((stage) => stageTitles[stage]))}, or a dataset of videos. The model can then be the image teacher of a pipeline on videos.`,
      )
    throw new StudioError(
      'video-too-short',
      `clip.frames: a clip has ${clip.frames} frames, but the longest of the ${short} videos of ${dataset.name} has ${longest}.`,
      `Set clip.frames to at most ${longest}, or use longer videos.`,
    )
  }
  return [
    `${short} of ${sampleCount} videos are shorter than the ${clip.frames} frames of a clip. Their last frame is repeated.`,
  ]
}
