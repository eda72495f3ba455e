import { StudioError } from '#contract/api/errors.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { LabelSet } from '#contract/domain/dataset.ts'
import { areSameClasses, type Misfit, misfitOf, misfitOfPair, whyHeadIsFresh } from '#contract/domain/fit.ts'
import { type InputRole, inputRoles } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { formatQuantity } from '#contract/format.ts'
import { inputsOf, type ResolvedInput } from '#contract/stages/chain.ts'
import { type Stage, stageTitles } from '#contract/stages/index.ts'
import { madeModel } from '#contract/stages/made-model.ts'
import type { ChosenModel, ChosenModels } from './chosen.ts'

/**
 * Checks that the chosen models can be used as the pipeline uses them.
 * @returns warnings: what works, but maybe not as expected.
 * @throws StudioError `configuration-invalid`, naming the model and the setting to change.
 */
export function checkChosen(
  configuration: PipelineConfiguration,
  chosen: ChosenModels,
  labels: LabelSet | undefined,
): string[] {
  const taken = configuration.stages.flatMap((stage) =>
    inputsOf(stage, configuration).flatMap((input) => takenModel(stage, input, chosen)),
  )
  const unused = inputRoles.flatMap((role) => {
    const model = chosen[role]
    return model === undefined || taken.some((use) => use.chosenAs === role)
      ? []
      : [`No stage of this pipeline uses the model ${model.ref}, chosen as inputs.${role}.`]
  })
  for (const { input, chosenAs, model } of taken)
    refuse(chosenAs, model, misfitOf(input.use, model.model, configuration.clip))
  for (const stage of configuration.stages) checkTeachers(stage, configuration, chosen)
  const notes = taken.flatMap(({ stage, input, model }) => {
    if (input.use === 'teach') return []
    if (input.use === 'test') return labels === undefined ? [] : checkClasses(model, labels)
    return [...sizesNote(stage, input, configuration, model), ...headNote(model, labels)]
  })
  const broken = new Set(taken.flatMap(({ model }) => model.warnings ?? []))
  return [...unused, ...broken, ...notes]
}

/** A chosen model that a stage takes. */
interface TakenModel {
  readonly stage: Stage
  readonly input: ResolvedInput
  /** The role that it was chosen for. */
  readonly chosenAs: InputRole
  readonly model: ChosenModel
}

function takenModel(stage: Stage, input: ResolvedInput, chosen: ChosenModels): TakenModel[] {
  if (input.source?.kind !== 'chosen') return []
  const chosenAs = input.source.role
  const model = chosen[chosenAs]
  return model === undefined ? [] : [{ stage, input, chosenAs, model }]
}

/** Two teachers of one stage must see clips of at most one size besides the student's. */
function checkTeachers(stage: Stage, configuration: PipelineConfiguration, chosen: ChosenModels): void {
  const teachers = inputsOf(stage, configuration).filter(({ use }) => use === 'teach')
  const taken = teachers.flatMap((input) => takenModel(stage, input, chosen)).at(0)
  const [image, video] = teachers.map(({ source }) =>
    source === undefined ? undefined : madeModel(source, configuration, null, descriptionsOf(chosen)),
  )
  if (taken === undefined || image === undefined || video === undefined) return
  refuse(taken.chosenAs, taken.model, misfitOfPair(image, video, configuration.clip))
}

/** The configuration with the sizes of the chosen models that stages start from, which replace the values of the fields. */
export function withStartSizes(configuration: PipelineConfiguration, chosen: ChosenModels): PipelineConfiguration {
  const changed = configuration.stages.flatMap((stage) =>
    inputsOf(stage, configuration).flatMap((input) =>
      takenModel(stage, input, chosen).map(({ model }) => [
        stage,
        { ...configuration[stage], ...fixedSizes(input, model.model) },
      ]),
    ),
  )
  return { ...configuration, ...Object.fromEntries(changed) }
}

/** Of the fields that a source fixes, those that a chosen model knows. */
function fixedSizes({ agreesOn = [] }: ResolvedInput, { sizes }: ModelDescription): Record<string, number> {
  const known: Readonly<Record<string, unknown>> = sizes
  return Object.fromEntries(
    agreesOn.flatMap((field) => {
      const size = known[field]
      return typeof size === 'number' ? [[field, size]] : []
    }),
  )
}

export const descriptionsOf = (chosen: ChosenModels): Partial<Record<InputRole, ModelDescription>> =>
  Object.fromEntries(Object.entries(chosen).map(([role, { model }]) => [role, model]))

function refuse(role: InputRole, model: ChosenModel, misfit: Misfit | undefined): void {
  if (misfit === undefined) return
  throw new StudioError('configuration-invalid', `inputs.${role}: ${model.ref} ${misfit.problem}.`, misfit.hint)
}

function sizesNote(
  stage: Stage,
  input: ResolvedInput,
  configuration: PipelineConfiguration,
  { ref, model }: ChosenModel,
): string[] {
  const own: Readonly<Record<string, unknown>> = configuration[stage]
  const sizes = Object.entries(fixedSizes(input, model))
  if (sizes.every(([field, size]) => own[field] === size)) return []
  return [
    `${stageTitles[stage]} uses the sizes of ${ref}: ${sizes.map(([field, size]) => `${field} ${size}`).join(', ')}.`,
  ]
}

function headNote({ ref, model, classes }: ChosenModel, labels: LabelSet | undefined): string[] {
  if (model.layout !== 'classifier' || labels === undefined) return []
  const reason = whyHeadIsFresh(model, classes, labels.classes)
  return reason === undefined ? [] : [`The head of ${ref} is replaced by a new one, because ${reason}.`]
}

function checkClasses({ ref, model, classes }: ChosenModel, labels: LabelSet): string[] {
  if (model.sizes.classes !== labels.classes.length) {
    throw new StudioError(
      'configuration-invalid',
      `inputs.model: ${ref} has ${formatQuantity(model.sizes.classes ?? 0, 'class', 'classes')}; the label set ${labels.name} has ${labels.classes.length}.`,
      'Choose another label set, or fine-tune the model first.',
    )
  }
  return classes === null || areSameClasses(classes, labels.classes)
    ? []
    : [
        `The classes of ${ref} differ from those of ${labels.name}, or have another order: ${classes.slice(0, 3).join(', ')}, … and ${labels.classes.slice(0, 3).join(', ')}, …`,
      ]
}
