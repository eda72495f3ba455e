import { StudioError } from '#contract/api/errors.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { needsVideoTeacher } from '#contract/configuration/rules.ts'
import type { LabelSet } from '#contract/domain/dataset.ts'
import {
  areSameClasses,
  type Misfit,
  misfitOf,
  misfitOfPair,
  type ModelUse,
  whyHeadIsFresh,
} from '#contract/domain/fit.ts'
import type { InputRole } from '#contract/domain/model-ref.ts'
import { modelOfTask } from '#contract/domain/model.ts'
import type { ChosenModel, ChosenModels } from './chosen.ts'

/**
 * Checks that the chosen models can do what they were chosen for.
 * @returns what will work, but not as one may expect.
 * @throws StudioError `configuration-invalid`, naming the model and the setting to change.
 */
export function checkChosen(
  configuration: PipelineConfiguration,
  chosen: ChosenModels,
  labels: LabelSet | undefined,
): string[] {
  const { clip, stages, finetune } = configuration
  const { teachers } = configuration.distill
  const distills = stages.includes('distill')
  const teachesImages = distills && teachers !== 'video'
  const teachesVideos = distills && needsVideoTeacher(configuration.distill)
  const startsFromTeacher = stages.includes('finetune') && finetune.initialization === 'video-teacher'
  const starts = stages.includes('finetune') && finetune.initialization === 'checkpoint'
  const tests = stages.includes('evaluate') && !stages.includes('finetune')
  const unused: string[] = []

  const require = (role: InputRole, uses: readonly (ModelUse | false)[], purpose: string) => {
    const model = chosen[role]
    if (model === undefined) return
    const wanted = uses.filter((use) => use !== false)
    if (wanted.length === 0) unused.push(`No stage of this pipeline ${purpose} ${model.ref}.`)
    for (const use of wanted) refuse(role, model, misfitOf(use, model.model, clip))
  }
  require('imageTeacher', [teachesImages && 'teach'], 'learns from')
  require('videoTeacher', [teachesVideos && 'teach', startsFromTeacher && 'start'], 'learns from')
  require('model', [starts && 'start', tests && 'test'], 'starts from or tests')

  if (teachesImages && teachesVideos && (chosen.imageTeacher ?? chosen.videoTeacher) !== undefined) {
    const image =
      chosen.imageTeacher?.model ??
      modelOfTask({ stage: 'image-teacher', configuration: configuration['image-teacher'] }, clip, null)
    const video =
      chosen.videoTeacher?.model ??
      modelOfTask({ stage: 'video-teacher', configuration: configuration['video-teacher'] }, clip, null)
    const role = chosen.imageTeacher === undefined ? 'videoTeacher' : 'imageTeacher'
    refuse(role, chosen[role], misfitOfPair(image, video, clip))
  }
  if (tests && chosen.model !== undefined && labels !== undefined)
    return [...unused, ...checkClasses(chosen.model, labels)]
  const start = starts ? chosen.model : startsFromTeacher ? chosen.videoTeacher : undefined
  return [...unused, ...(start === undefined ? [] : [...sizesNote(configuration, start), ...headNote(start, labels)])]
}

/** The configuration with the sizes of the model from which fine-tuning starts, for that is what will be computed. */
export function withStartSizes(configuration: PipelineConfiguration, chosen: ChosenModels): PipelineConfiguration {
  const { stages, finetune } = configuration
  const start = !stages.includes('finetune')
    ? undefined
    : finetune.initialization === 'checkpoint'
      ? chosen.model
      : finetune.initialization === 'video-teacher'
        ? chosen.videoTeacher
        : undefined
  if (start === undefined) return configuration
  const { width, depth, heads } = start.model.sizes
  return { ...configuration, finetune: { ...finetune, width, depth, heads: heads ?? finetune.heads } }
}

function refuse(role: InputRole, model: ChosenModel | undefined, misfit: Misfit | undefined): void {
  if (model === undefined || misfit === undefined) return
  throw new StudioError('configuration-invalid', `inputs.${role}: ${model.ref} ${misfit.problem}.`, misfit.hint)
}

function sizesNote({ finetune }: PipelineConfiguration, { ref, model: { sizes } }: ChosenModel): string[] {
  const { width, depth, heads } = sizes
  if (width === finetune.width && depth === finetune.depth && heads === finetune.heads) return []
  return [`Fine-tuning takes its sizes from ${ref}: width ${width}, depth ${depth}, ${heads} heads.`]
}

function headNote({ ref, model, classes }: ChosenModel, labels: LabelSet | undefined): string[] {
  if (model.layout !== 'classifier' || labels === undefined) return []
  const reason = whyHeadIsFresh(model, classes, labels.classes)
  return reason === undefined
    ? []
    : [`The head of ${ref} is left behind, because ${reason}; a fresh one takes its place.`]
}

function checkClasses({ ref, model, classes }: ChosenModel, labels: LabelSet): string[] {
  if (model.sizes.classes !== labels.classes.length) {
    throw new StudioError(
      'configuration-invalid',
      `inputs.model: ${ref} tells ${model.sizes.classes} classes apart; the label set ${labels.name} has ${labels.classes.length}.`,
      'Choose another label set, or add the stage finetune.',
    )
  }
  return classes === null || areSameClasses(classes, labels.classes)
    ? []
    : [
        `The classes of ${ref} are others than those of ${labels.name}, or in another order: ${classes.slice(0, 3).join(', ')}, … against ${labels.classes.slice(0, 3).join(', ')}, …`,
      ]
}
