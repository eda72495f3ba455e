import { StudioError } from '#contract/api/errors.ts'
import { floatTensor } from '../data/batch-tensors.ts'
import { draws } from '../data/random.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { learningRates } from '../optimizer/schedule.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import {
  freshPooling,
  poolingScores,
  type PoolingSetting,
  type PoolingShape,
  poolingTraining,
  scoresOf,
} from './attention-pooling.ts'
import type { FittingWork } from './linear.ts'
import { logSoftmax } from './logistic.ts'
import { type Accuracy, Ranking } from './ranking.ts'
import { type LabelledTokens, scaleOfMeans, tokenStandardiser } from './tokens.ts'

export interface TokenSplits {
  readonly train: LabelledTokens
  /** May be empty. */
  readonly validation: LabelledTokens
  readonly test: LabelledTokens
}

export interface AttentiveResult extends Accuracy, PoolingSetting {
  readonly isChosenOnValidation: boolean
  /** Number of settings among which was chosen. */
  readonly settings: number
  /** Steps of AdamW, and videos of each. */
  readonly iterations: number
  readonly batchSize: number
  /** Mean cross entropy of the training videos after the last step. */
  readonly trainingLoss: number
}

/** Settings if there are validation videos. All are trained at once, as in the attentive probes of V-JEPA 2 (Assran et al., 2025). */
const grid: readonly PoolingSetting[] = [0.02, 0.005, 0.0005].flatMap((learningRate) =>
  [1, 0.01].map((weightDecay) => ({ learningRate, weightDecay })),
)
/** Without validation videos. */
const usual: PoolingSetting = { learningRate: 0.005, weightDecay: 0.01 }

const epochs = 20
/** Few videos are seen more often. */
const fewestSteps = 400
const warmupShare = 0.05
const largestBatch = 64
/** Numbers of a batch of tokens: 64 MiB. A larger batch is split, and its gradients are averaged. */
const numbersPerBatch = 2 ** 24

interface Schedule {
  readonly microBatch: number
  readonly accumulationSteps: number
  readonly steps: number
}

/** Sizes of batches and the number of steps for so many training videos. */
export function attentiveSchedule({ tokenCount, width, labels }: Omit<LabelledTokens, 'videos'>): Schedule {
  const most = Math.min(largestBatch, labels.length)
  const microBatch = Math.max(1, Math.min(most, Math.floor(numbersPerBatch / (tokenCount * width))))
  const accumulationSteps = Math.floor(most / microBatch)
  const steps = Math.max(fewestSteps, Math.ceil((epochs * labels.length) / (microBatch * accumulationSteps)))
  return { microBatch, accumulationSteps, steps }
}

/**
 * A learned query attends to all tokens of a frozen encoder, standardised by the training videos, and a linear classifier reads what it
 * attends to. Trained by AdamW with a cosine schedule, without label smoothing and without augmentation. The setting with the lowest cross
 * entropy on the validation videos is selected. The seed is that of the order of videos; the same seed and engine give the same numbers.
 * @throws StudioError `diverged` if a loss or score does not stay finite
 */
export async function attentiveProbe(
  engine: Engine,
  { train, validation, test }: TokenSplits,
  classes: number,
  { report, pause }: FittingWork,
  seed = 0,
): Promise<AttentiveResult> {
  const { tokenCount, width } = train
  const shape = { tokenCount, width, classes }
  const isChosenOnValidation = validation.labels.length > 0
  const settings = isChosenOnValidation ? grid : [usual]
  const schedule = attentiveSchedule(train)
  const batches = new Batches(train, schedule.microBatch, classes)

  const parameters = await fit(engine, batches, train, shape, settings, schedule, { report, pause }, seed)
  const session = await engine.inference(poolingScores(shape, settings.length, schedule.microBatch), parameters)
  try {
    /** Calls `add` with the scores of each video by the given settings. */
    const score = async (
      split: LabelledTokens,
      add: (label: number, scores: Float32Array, setting: number) => void,
    ) => {
      for (let start = 0; start < split.labels.length; start += schedule.microBatch) {
        await pause()
        const indices = [...split.labels.subarray(start, start + schedule.microBatch).keys()].map((i) => start + i)
        const outputs = await session.run({ tokens: batches.tokens(split, indices) })
        settings.forEach((_, setting) => {
          const scores = scoresOf(outputs, setting)
          indices.forEach((index, row) => {
            const own = scores.slice(row * classes, (row + 1) * classes)
            if (!own.every(Number.isFinite))
              throw diverged(
                'score',
                own.find((value) => !Number.isFinite(value)),
              )
            add(split.labels[index] ?? 0, own, setting)
          })
        })
      }
    }
    const meanLosses = async (split: LabelledTokens): Promise<number[]> => {
      const losses = settings.map(() => 0)
      await score(split, (label, scores, setting) => {
        losses[setting] =
          (losses[setting] ?? 0) - (logSoftmax(Float64Array.from(scores))[label] ?? 0) / split.labels.length
      })
      return losses
    }
    const validationLosses = isChosenOnValidation ? await meanLosses(validation) : [0]
    const chosen = validationLosses.indexOf(Math.min(...validationLosses))
    const setting = settings[chosen]
    const trainingLoss = (await meanLosses(train))[chosen]
    if (setting === undefined || trainingLoss === undefined) throw new Error('No classifier was fitted.')
    const ranking = new Ranking(classes)
    await score(test, (label, scores, index) => {
      if (index === chosen) ranking.add(scores, label)
    })
    return {
      ...ranking.conclude(),
      ...setting,
      isChosenOnValidation,
      settings: settings.length,
      iterations: schedule.steps,
      batchSize: schedule.microBatch * schedule.accumulationSteps,
      trainingLoss,
    }
  } finally {
    await session.dispose()
  }
}

/** The parameters of all settings after the last step. */
async function fit(
  engine: Engine,
  batches: Batches,
  train: LabelledTokens,
  shape: PoolingShape,
  settings: readonly PoolingSetting[],
  { microBatch, accumulationSteps, steps }: Schedule,
  { report, pause }: FittingWork,
  seed: number,
): Promise<NamedHostTensors> {
  const program = poolingTraining(shape, settings, microBatch, accumulationSteps)
  const rates = learningRates({
    start: 0,
    peak: 1,
    final: 0,
    warmupSteps: Math.round(warmupShare * steps),
    totalSteps: steps,
  })
  const session = await engine.training(
    program,
    initialState(freshPooling(shape, settings, batches.scaleOfMeans), program.groups),
  )
  try {
    const order = orderOf(train.labels.length, seed)
    const take = () => {
      const indices = Array.from({ length: microBatch }, () => order.next().value)
      return { tokens: batches.tokens(train, indices), targets: batches.targets(train, indices) }
    }
    for (const [index, rate] of rates.entries()) {
      report(index, steps)
      await pause()
      for (let part = 1; part < accumulationSteps; part++) await session.accumulate(take())
      const { loss, gradientNorm } = await session.step(take(), rate, index + 1)
      if (!Number.isFinite(loss)) throw diverged('loss', loss)
      if (!Number.isFinite(gradientNorm)) throw diverged('gradient', gradientNorm)
    }
    report(steps, steps)
    const { parameters } = await session.readState()
    // The session owns the memory of its state.
    return Object.fromEntries(
      Object.entries(parameters).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
    )
  } finally {
    await session.dispose()
  }
}

/** Indices of videos without end: each epoch is another permutation. */
function* orderOf(count: number, seed: number): Generator<number, never, void> {
  for (let epoch = 0; ; epoch++) yield* draws(seed, 'attentive-probe-order', epoch).permutation(count)
}

/** Standardised batches in memory that the next batch reuses. */
class Batches {
  readonly #standardise
  /** See `scaleOfMeans`. */
  readonly scaleOfMeans: Float32Array
  readonly #tokens: Float32Array
  readonly #shape: [number, number, number]
  readonly #classes: number

  constructor(train: LabelledTokens, batch: number, classes: number) {
    this.#standardise = tokenStandardiser(train)
    this.scaleOfMeans = scaleOfMeans(train, this.#standardise)
    this.#shape = [batch, train.tokenCount, train.width]
    this.#tokens = new Float32Array(batch * train.tokenCount * train.width)
    this.#classes = classes
  }

  /** [batch, tokenCount, width]; rows without a video are zeros. */
  tokens({ videos }: LabelledTokens, indices: readonly number[]): HostTensor {
    const size = this.#shape[1] * this.#shape[2]
    indices.forEach((index, row) => {
      const video = videos[index]
      if (video === undefined) throw new Error(`There is no video ${index} among ${videos.length}.`)
      this.#standardise(video, this.#tokens, row * size)
    })
    this.#tokens.fill(0, indices.length * size)
    return floatTensor(this.#shape, this.#tokens)
  }

  /** One-hot classes [batch, classes]. */
  targets({ labels }: LabelledTokens, indices: readonly number[]): HostTensor {
    const data = new Float32Array(indices.length * this.#classes)
    indices.forEach((index, row) => void (data[row * this.#classes + (labels[index] ?? Number.NaN)] = 1))
    return floatTensor([indices.length, this.#classes], data)
  }
}

const diverged = (what: string, value: number | undefined) =>
  new StudioError(
    'diverged',
    `A ${what} of the attentive probe is ${value}.`,
    'The features of this model are too large for an attentive probe. Use --method knn,linear, or probe another checkpoint.',
  )
