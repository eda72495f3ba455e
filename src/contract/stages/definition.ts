import type { z } from 'zod'
import type { ClipConfiguration } from '../configuration/clip.ts'
import type { ChosenInputs } from '../configuration/inputs.ts'
import type { Split } from '../domain/dataset.ts'
import type { ModelUse } from '../domain/fit.ts'
import type { MetricName } from '../domain/metric.ts'
import type { InputRole } from '../domain/model-ref.ts'
import type { ModelDescription, ModelLayout } from '../domain/model.ts'

/** Possible source of a model: chosen for a role of the pipeline, or made by another stage of the same pipeline. */
export type InputSource = { readonly chosen: InputRole } | { readonly stage: string }

/** A model that a stage takes. */
export interface StageInput {
  /** Key of the model among the inputs of the run. */
  readonly role: InputRole
  readonly use: ModelUse
  /** In order of preference: the first source that the pipeline has is used. */
  readonly sources: readonly InputSource[]
  /** Fields of this stage whose values the source fixes: those of the stage that makes the model, or the sizes of a chosen model. */
  readonly agreesOn?: readonly string[]
  /** Field of this stage that decides on the sources; a missing model is reported there if no stage can make it. */
  readonly decidedBy?: string
}

/** Facts besides the stage's own configuration on which its model depends. */
export interface ModelContext {
  readonly clip: ClipConfiguration
  /** Classes of the label set, if it is known. */
  readonly classes: number | null
  /** Models that the stage takes, as far as they are known. */
  readonly inputs: Readonly<Partial<Record<InputRole, ModelDescription>>>
}

/** Facts besides the stage's own configuration that its rules can use. */
export interface RuleContext {
  readonly clip: ClipConfiguration
  readonly chosen: ChosenInputs
}

/** Reports a problem of a field of the stage. */
export type ReportProblem = (field: string, message: string) => void

/**
 * Everything that the studio needs to know of a stage outside the code that computes it. Order, forms, command line, rules,
 * plans, lineage and headlines follow from it.
 */
export interface StageDefinition<
  Name extends string = string,
  Schema extends z.ZodObject = z.ZodObject,
  Trains extends boolean = boolean,
> {
  /** Id in files, on the command line and as section of a configuration. */
  readonly name: Name
  readonly title: string
  /** What it does, in one sentence. */
  readonly summary: string
  readonly configuration: Schema
  /** True if it trains a model and writes checkpoints; false if it measures one. */
  readonly trains: Trains
  /** Layout of the model that it makes. */
  readonly layout: Trains extends true ? ModelLayout : null
  readonly sees: 'images' | 'clips'
  /** What a step computes. */
  readonly counts: 'samples' | 'views'
  readonly makesPictures: boolean
  /** Splits in which at least two classes need videos. Empty if it needs no labels. */
  readonly labelledSplits: readonly Split[]
  /** Metrics that stand for its runs in lists; the first recorded one is shown. */
  readonly headline: readonly [MetricName, ...MetricName[]]
  /** Role of a chosen model that makes this stage unnecessary. */
  readonly replacedBy?: InputRole
  /** The field that links the stage to the stages before it. */
  readonly link?: string
  /** Field of the stage that makes it use the model chosen for a role, and its value without one. */
  readonly choice?: {
    readonly role: InputRole
    readonly field: string
    readonly value: string
    readonly otherwise: string
  }
  /** The models that it takes with this configuration. */
  inputs(configuration: z.infer<Schema>): readonly StageInput[]
  /** The model that its checkpoints hold. @throws Error if it makes none. */
  model(configuration: z.infer<Schema>, context: ModelContext): ModelDescription
  /** Rules between its own fields, the clip and the chosen models. */
  rules(configuration: z.infer<Schema>, context: RuleContext, problem: ReportProblem): void
}

export const defineStage = <const Name extends string, Schema extends z.ZodObject, const Trains extends boolean>(
  definition: StageDefinition<Name, Schema, Trains>,
): StageDefinition<Name, Schema, Trains> => definition
