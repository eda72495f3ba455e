import { z } from 'zod'
import { formatNumber, formatQuantity } from '../format.ts'
import { formatVersions } from '../layout.ts'
import { decodeMetric, metricValue } from './metric.ts'
import { nonFiniteTensor, nonFiniteWeights } from './non-finite.ts'

/**
 * What was not finite: a loss or the gradients of a step, the weights after it, a score of the validation after it, or in half precision the
 * gradients at every loss scale.
 */
export const divergenceCauses = ['loss', 'gradients', 'weights', 'validation', 'loss-scale'] as const
export type DivergenceCause = (typeof divergenceCauses)[number]

/** Frames of a video that a clip of a batch had, counted from 0, in the order of the clip. */
export const batchClip = z.object({ video: z.string(), frames: z.array(z.int()) })
export type BatchClip = z.infer<typeof batchClip>

/** Gradient norm of the parameters of one layer, before clipping, in the diverged step and in the last one before it; null if not known. */
export const layerNorm = z.object({ layer: z.string(), norm: metricValue, lastNorm: metricValue.nullable() })

const stepFacts = z.object({
  step: z.int(),
  learningRate: z.number(),
  loss: metricValue,
  gradientNorm: metricValue,
})

/** `runs/<id>/divergence.json`: what is known of the step at which a run diverged. */
export const divergenceReport = z.object({
  version: z.literal(formatVersions.divergence),
  at: z.string(),
  attempt: z.int(),
  cause: z.enum(divergenceCauses),
  /** The step that diverged; null if the attempt computed none before its validation. */
  step: stepFacts.nullable(),
  /** The last step before it in the same attempt. */
  lastStep: stepFacts.nullable(),
  /** In the order of the model, from its input to its output. Empty if the engine does not report gradients by parameter. */
  layers: z.array(layerNorm),
  /** The first gradient that is not finite, in the order of the backward pass; null if all are finite, if all follow from the loss, or if not known. */
  firstTensor: z.string().nullable(),
  /** Weights that are not finite. */
  weights: z.array(nonFiniteTensor),
  /** The micro-batches of the step with their losses. Empty for a validation. */
  batches: z.array(z.object({ loss: metricValue, clips: z.array(batchClip) })),
})
export type DivergenceReport = z.infer<typeof divergenceReport>

/** The layer of a parameter: `blocks.3` of `blocks.3.attn.qkv.weight`, `head` of `head.weight`. */
export function layerOf(parameter: string): string {
  const block = /^(?:.*[._])?blocks\.\d+/.exec(parameter)?.[0]
  return block ?? (parameter.replace(/\.[^.]*$/, '') || parameter)
}

/** Norm of the gradients of each layer from the norms of its parameters, in the order of `parameters`. */
export function layerNorms(norms: ReadonlyMap<string, number>, parameters: Iterable<string>): Map<string, number> {
  const squares = new Map<string, number>()
  for (const parameter of parameters) {
    const norm = norms.get(parameter)
    if (norm === undefined) continue
    const layer = layerOf(parameter)
    squares.set(layer, (squares.get(layer) ?? 0) + norm ** 2)
  }
  return new Map([...squares].map(([layer, square]) => [layer, Math.sqrt(square)]))
}

const isFinite = (value: DivergenceReport['layers'][number]['norm']): boolean => Number.isFinite(decodeMetric(value))

/** Numbers, from 1, of the micro-batches whose loss is not finite. Empty if the step had one micro-batch only. */
export const badBatches = ({ batches }: Pick<DivergenceReport, 'batches'>): number[] =>
  batches.length < 2 ? [] : batches.flatMap(({ loss }, index) => (isFinite(loss) ? [] : [index + 1]))

/** Layers whose gradients are not finite. */
export const badLayers = ({ layers }: Pick<DivergenceReport, 'layers'>): string[] =>
  layers.filter(({ norm }) => !isFinite(norm)).map(({ layer }) => layer)

/** The clips that may have caused it: those of micro-batches whose loss is not finite, or else all of the step. */
export function suspectClips(report: Pick<DivergenceReport, 'batches'>): BatchClip[] {
  const bad = new Set(badBatches(report))
  return report.batches.flatMap(({ clips }, index) => (bad.size === 0 || bad.has(index + 1) ? clips : []))
}

/** `12–40` for consecutive frames, `12, 16, …, 40` for other evenly spaced ones, else the list. */
export function framesText(frames: readonly number[]): string {
  const [first, second] = frames
  const last = frames.at(-1)
  if (first === undefined || second === undefined || last === undefined || frames.length < 3) return frames.join(', ')
  const stride = second - first
  const isEven = stride > 0 && frames.every((frame, index) => frame === first + index * stride)
  if (!isEven) return frames.join(', ')
  return stride === 1 ? `${first}–${last}` : `${first}, ${second}, …, ${last}`
}

/** What a report says, as sentences for the command line and a copied report. */
export function describeDivergence(report: DivergenceReport): string[] {
  const { cause, step, lastStep, layers, firstTensor, weights, batches } = report
  const facts = (title: string, found: NonNullable<DivergenceReport['step']>): string =>
    `${title}: step ${found.step}, learning rate ${formatNumber(found.learningRate)}, loss ${number(found.loss)}, gradient norm ${number(found.gradientNorm)}.`
  const bad = badLayers(report)
  return [
    ...(step === null ? [] : [facts(cause === 'validation' ? 'Last step' : 'Diverged', step)]),
    ...(lastStep === null ? [] : [facts('Step before', lastStep)]),
    ...(weights.length === 0 ? [] : [`Its update gave ${nonFiniteWeights(weights)}.`]),
    ...(cause === 'loss' && bad.length > 0 ? ['The gradients follow from the loss, so none says where it began.'] : []),
    ...(firstTensor === null ? [] : [`The first gradient of the backward pass that is not finite: ${firstTensor}.`]),
    ...(bad.length === 0
      ? []
      : [`Gradients are not finite in ${formatQuantity(bad.length, 'layer')} of ${layers.length}: ${bad.join(', ')}.`]),
    ...(badBatches(report).length === 0
      ? []
      : [`The loss is not finite in micro-batch ${badBatches(report).join(', ')} of ${batches.length}.`]),
    ...(layers.length === 0 && step !== null ? ['This engine does not report gradients by layer.'] : []),
  ]
}

const number = (value: DivergenceReport['layers'][number]['norm']): string => formatNumber(decodeMetric(value))
