import { z } from 'zod'
import { slug } from '../domain/dataset.ts'
import { probeMethods } from '../domain/probe.ts'
import { startSchema } from '../stages/starts.ts'
import { experimentSummary } from './progress.ts'
import { gridResult } from './selection.ts'

/**
 * Mean over pre-training seeds with half the width of its 95 % interval by Student's t; a seed is the mean of its fine-tuning seeds.
 * Null without a seed; the interval is null for fewer than two.
 */
const seedMean = z.object({
  mean: z.number().nullable(),
  interval: z.number().nullable(),
  /** Pre-training seeds that count: those of which every fine-tuning seed was tested. */
  seeds: z.int(),
})
export type SeedMean = z.infer<typeof seedMean>

/** Test accuracy of a start on a label set. Shares from 0 to 1. */
const startResult = z.object({
  start: startSchema,
  top1: seedMean,
  /** The seeds that count, with the tests of each. */
  seeds: z.array(
    z.object({
      seed: z.int(),
      top1: z.number(),
      tests: z.array(z.object({ finetuningSeed: z.int(), runId: z.string(), top1: z.number() })),
    }),
  ),
  /** Accuracy by class, in the order of `classes`. */
  classes: z.array(z.object({ label: z.string(), videos: z.int(), top1: seedMean })),
  /** Values of fine-tuning; null while they are not chosen. */
  tuning: z.object({ learningRate: z.number(), layerDecay: z.number() }).nullable(),
  /** The whole grid with its validation; empty without a selection. */
  grid: z.array(gridResult),
})
export type StartResult = z.infer<typeof startResult>

/** Paired by pre-training seed: `start` minus `baseline`, as shares. */
const startDifference = z.object({
  start: startSchema,
  baseline: startSchema,
  pairs: z.array(z.object({ seed: z.int(), start: z.number(), baseline: z.number() })),
  /** Mean of the differences; null without a pair. */
  difference: z.number().nullable(),
  /** Half the width of its 95 % interval, and the two-sided p value of the paired t test; null for fewer than two pairs. */
  interval: z.number().nullable(),
  p: z.number().nullable(),
})
export type StartDifference = z.infer<typeof startDifference>

const labelSetResult = z.object({
  labels: slug,
  classes: z.array(z.string()),
  /** Training videos of a class: on average, and of the classes with the fewest and the most; null if the dataset was removed. */
  labelsPerClass: z.object({ mean: z.number(), fewest: z.int(), most: z.int() }).nullable(),
  /** Tested videos; null before the first test. */
  testVideos: z.int().nullable(),
  starts: z.array(startResult),
  /** Every start against the one from scratch, then the students against each other. */
  differences: z.array(startDifference),
})
export type LabelSetResult = z.infer<typeof labelSetResult>

/** Accuracy over labels per class, over label sets with the same classes. */
const learningCurve = z.object({
  labelSets: z.array(slug),
  classes: z.array(z.string()),
  starts: z.array(
    z.object({
      start: startSchema,
      points: z.array(z.object({ labels: slug, labelsPerClass: z.number(), top1: seedMean })),
    }),
  ),
})
export type LearningCurve = z.infer<typeof learningCurve>

/** Similarity of the frozen features of tubelets over their distance in time, averaged over the test videos. */
const featureSimilarity = z.object({
  start: startSchema,
  /** Cosine by distance in tubelets, from 0 on. */
  distances: z.array(z.object({ tubelets: z.int(), cosine: seedMean })),
})
export type FeatureSimilarity = z.infer<typeof featureSimilarity>

/** Test accuracy of a classifier on frozen features. */
const probeResult = z.object({ start: startSchema, labels: slug, method: z.enum(probeMethods), top1: seedMean })
export type ProbeResult = z.infer<typeof probeResult>

/** What must be known beside the figures. */
export const experimentNote = z.discriminatedUnion('kind', [
  /** With one pre-training seed there is no interval. */
  z.object({ kind: z.literal('one-seed') }),
  /** Tests that are still to come. */
  z.object({ kind: z.literal('unfinished'), finished: z.int(), total: z.int() }),
  /** A pre-training seed does not count, because not all of its fine-tuning seeds were tested. */
  z.object({ kind: z.literal('seed-left-out'), start: startSchema, labels: slug, seed: z.int() }),
  /** Runs of the grid that diverged and were not chosen from. */
  z.object({ kind: z.literal('diverged'), runIds: z.array(z.string()) }),
  /** The chosen value is the lowest or highest of the grid, so a better one may lie outside. */
  z.object({
    kind: z.literal('edge'),
    start: startSchema,
    labels: slug,
    field: z.enum(['learningRate', 'layerDecay']),
    value: z.number(),
    isHighest: z.boolean(),
  }),
  /** Runs were computed by different engines. */
  z.object({ kind: z.literal('engines'), engines: z.array(z.string()) }),
  /** Runs were launched by different versions of the studio. */
  z.object({ kind: z.literal('versions'), versions: z.array(z.string()) }),
  /** Pipelines were launched on another version of the dataset than the first ones. */
  z.object({ kind: z.literal('other-data'), pipelineIds: z.array(z.string()) }),
  /** The dataset was changed or removed since the launch. */
  z.object({ kind: z.literal('dataset-changed'), dataset: slug, isRemoved: z.boolean() }),
  /** A test did not measure what it should; the sentence is the note of its result. */
  z.object({ kind: z.literal('test'), runId: z.string(), message: z.string() }),
])
export type ExperimentNote = z.infer<typeof experimentNote>

/** The outcome of an experiment so far, computed from the results of its runs. Nothing of it is stored. */
export const experimentResult = z.object({
  labelSets: z.array(labelSetResult),
  curves: z.array(learningCurve),
  similarities: z.array(featureSimilarity),
  probes: z.array(probeResult),
  /** Engines of its runs, each once. */
  engines: z.array(z.string()),
  notes: z.array(experimentNote),
})
export type ExperimentResult = z.infer<typeof experimentResult>

/** An experiment with its outcome. */
export const experimentDetail = z.object({ experiment: experimentSummary, result: experimentResult })
export type ExperimentDetail = z.infer<typeof experimentDetail>
