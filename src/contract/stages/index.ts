import { z } from 'zod'
import type { ClipConfiguration } from '../configuration/clip.ts'
import type { ModelDescription } from '../domain/model.ts'
import type { ModelContext, StageDefinition } from './definition.ts'
import { distill } from './distill.ts'
import { evaluate } from './evaluate.ts'
import { finetune } from './finetune.ts'
import { imageTeacher } from './image-teacher.ts'
import { videoTeacher } from './video-teacher.ts'

/** The stages of a pipeline in the order in which they run. */
const definitions = [imageTeacher, videoTeacher, distill, finetune, evaluate] as const
type Definition = (typeof definitions)[number]
type Definitions = typeof definitions

type Named = readonly Pick<StageDefinition, 'name' | 'configuration'>[]
type Names<D extends Named> = { [I in keyof D]: D[I]['name'] }
type TaskSchemas<D extends Named> = {
  [I in keyof D]: z.ZodObject<{ stage: z.ZodLiteral<D[I]['name']>; configuration: D[I]['configuration'] }>
}

export type Stage = Definition['name']

/** Stages that train a model and write checkpoints. */
export type TrainingStageName = { [D in Definition as D['name']]: D['trains'] extends true ? D['name'] : never }[Stage]

export const stageNames = definitions.map(({ name }) => name) as unknown as Names<Definitions>
export const stageSchema = z.enum(stageNames)

/** The definition of every stage. */
export const stages: Readonly<Record<Stage, StageDefinition<Stage>>> = byName<StageDefinition<Stage>>(
  (definition) => definition,
)
export const stageTitles: Readonly<Record<Stage, string>> = byName(({ title }) => title)
export const trainingStageNames = stageNames.filter(isTrainingStage)

/** The section of a pipeline's configuration that belongs to each stage. */
export const stageSections = byName(({ configuration }) => configuration) as {
  [D in Definition as D['name']]: D['configuration']
}

/** A stage with its own configuration, as in the file of a run. */
export const stageConfiguration = z.discriminatedUnion(
  'stage',
  definitions.map(({ name, configuration }) =>
    z.object({ stage: z.literal(name), configuration }),
  ) as unknown as TaskSchemas<Definitions>,
)
export type StageConfiguration = z.infer<typeof stageConfiguration>

/** The section of a stage, with its name. */
export const stageConfigurationOf = (
  stage: Stage,
  configuration: { readonly [S in Stage]: Extract<StageConfiguration, { stage: S }>['configuration'] },
): StageConfiguration => ({ stage, configuration: configuration[stage] }) as StageConfiguration

export type TrainingConfiguration = Extract<StageConfiguration, { stage: TrainingStageName }>

export function isTrainingStage(stage: Stage): stage is TrainingStageName {
  return definitions.some(({ name, trains }) => name === stage && trains)
}

export const isTrainingConfiguration = (task: StageConfiguration): task is TrainingConfiguration =>
  isTrainingStage(task.stage)

export const needsLabels = (stage: Stage): boolean => stages[stage].labelledSplits.length > 0

/**
 * The model that a stage makes. Without `inputs` the target widths of a student are unknown, and a classifier has the sizes of
 * its configuration.
 */
export const modelOfTask = (
  { stage, configuration }: TrainingConfiguration,
  clip: ClipConfiguration,
  classes: number | null,
  inputs: ModelContext['inputs'] = {},
): ModelDescription => stages[stage].model(configuration, { clip, classes, inputs })

function byName<T>(of: (definition: Definition) => T): Record<Stage, T> {
  return Object.fromEntries(definitions.map((definition) => [definition.name, of(definition)])) as Record<Stage, T>
}
