import { z } from 'zod'
import { slug } from '../domain/dataset.ts'
import { overrides, pipelineRequest } from '../domain/pipeline.ts'
import { stageSchema } from '../stages/index.ts'

/** Pipelines of a sweep at most, without those that only train shared stages. */
export const mostMembers = 256

const value = z.union([z.number(), z.string(), z.boolean()])

/** A hyperparameter that a sweep varies: over a list, or, in a random search, over a range. */
export const sweepAxis = z.union([
  z.strictObject({
    /** `<section>.<field>`. */
    field: z.string().min(1),
    values: z.array(value).min(1),
  }),
  z.strictObject({
    field: z.string().min(1),
    from: z.number(),
    to: z.number(),
    /** Uniform in the value, or in its logarithm. */
    scale: z.enum(['linear', 'log']).default('linear'),
  }),
])
export type SweepAxis = z.infer<typeof sweepAxis>
export type SweepValue = z.infer<typeof value>

/**
 * Many pipelines from one: every combination of the values of the axes, or random draws from them; each of them with several
 * seeds.
 */
export const sweepRequest = z.strictObject({
  /** Name of the sweep: the `group` of its pipelines, and the beginning of their names. */
  name: slug,
  base: pipelineRequest.omit({ name: true, group: true, experiment: true, overrides: true }),
  axes: z.array(sweepAxis).default([]),
  /** Draws `count` combinations instead of taking all; the same seed draws the same. */
  random: z
    .strictObject({ count: z.int().min(1).max(mostMembers), seed: z.int().min(0).default(0) })
    .nullable()
    .default(null),
  /** Seeds of each combination: `general.seed` of the base, and the numbers after it. */
  seeds: z.int().min(1).max(mostMembers).default(1),
  /** Trains a stage once if several pipelines would train it identically and another stage takes its model. */
  sharesStages: z.boolean().default(true),
})
export type SweepRequest = z.infer<typeof sweepRequest>

/** What a sweep will launch, in this order. */
export const sweepPlan = z.object({
  pipelines: z.array(
    z.object({
      name: slug,
      overrides,
      stages: z.array(stageSchema),
      /** True if it only trains stages whose models other pipelines of the sweep take. */
      isShared: z.boolean(),
    }),
  ),
  runCount: z.int(),
  /** Runs without shared stages. */
  unsharedRunCount: z.int(),
  warnings: z.array(z.string()),
})
export type SweepPlan = z.infer<typeof sweepPlan>
