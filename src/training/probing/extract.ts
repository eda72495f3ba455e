import { StudioError } from '#contract/api/errors.ts'
import { samplesOf, type Split } from '#contract/domain/dataset.ts'
import { clipSpec, floatTensor } from '../data/batch-tensors.ts'
import { evaluationViews, loadViews } from '../data/batches/views.ts'
import type { DataSource } from '../data/source.ts'
import type { Engine, InferenceSession } from '../engine/program/engine.ts'
import type { FrozenEncoder } from '../model/layouts.ts'
import { gridOf, tokenCount } from '../model/patches.ts'
import type { HostTensor } from '../tensor/host-tensor.ts'
import { frameFeaturesProgram, probeBatchSize } from './encoder.ts'
import type { LabelledFeatures } from './features.ts'
import { FrameSimilarity } from './frame-similarity.ts'
import { type LabelledTokens, requireRoomForTokens } from './tokens.ts'

export interface ExtractionOptions {
  readonly engine: Engine
  readonly source: DataSource
  readonly labels: string
  readonly encoder: FrozenEncoder
  readonly frameStride: number
  /** Whether to return all tokens, too. */
  readonly keepsTokens: boolean
  /** Name of the encoder in messages. */
  readonly origin: string
  /** Called after each batch with the number of videos done; throws to stop. */
  advance(done: number, total: number): Promise<void>
}

/** Features of the videos of one split; no tokens unless they are kept. */
interface SplitFeatures {
  readonly features: LabelledFeatures
  readonly tokens: LabelledTokens
}

export interface Extraction {
  /** By split; a split without labelled videos is empty. */
  readonly splits: Readonly<Record<Split, SplitFeatures>>
  /** Of the test videos [T', T']. */
  readonly frameSimilarity: number[][]
}

/**
 * Features of the centre view of each labelled video of the splits, averaged over time.
 * @throws StudioError `diverged` if a feature is NaN or infinite, `out-of-memory` if tokens are kept and do not fit.
 */
export async function extractFeatures(options: ExtractionOptions, wanted: readonly Split[]): Promise<Extraction> {
  const { engine, source, labels, encoder, keepsTokens, advance } = options
  const counts = wanted.map((split) => samplesOf(source.manifest, { split, labelSet: labels }).length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (keepsTokens) requireRoomForTokens(total, { tokenCount: tokenCount(encoder.geometry), width: encoder.width })
  const program = frameFeaturesProgram(encoder, probeBatchSize(encoder), keepsTokens)
  const session = await engine.inference(program, encoder.parameters)
  try {
    await advance(0, total)
    const similarity = new FrameSimilarity(gridOf(encoder.geometry)[0])
    const splits: Record<Split, SplitFeatures> = {
      train: nothing(encoder),
      validation: nothing(encoder),
      test: nothing(encoder),
    }
    let before = 0
    for (const [index, split] of wanted.entries()) {
      const count = counts[index] ?? 0
      if (count > 0)
        splits[split] = await extractSplit(
          options,
          session,
          split,
          (done) => advance(before + done, total),
          split === 'test' ? similarity : undefined,
        )
      before += count
    }
    return { splits, frameSimilarity: similarity.mean() }
  } finally {
    await session.dispose()
  }
}

async function extractSplit(
  { source, labels, encoder, frameStride, keepsTokens, origin }: ExtractionOptions,
  session: InferenceSession,
  split: Split,
  advance: (done: number) => Promise<void>,
  similarity: FrameSimilarity | undefined,
): Promise<SplitFeatures> {
  const { geometry, width } = encoder
  const [time] = gridOf(geometry)
  const batchSize = probeBatchSize(encoder)
  const views = evaluationViews(
    source,
    labels,
    { ...geometry, frameStride },
    { split, temporalViews: 1, spatialViews: 1, batchSize, sampling: 'dense' },
  )
  using loader = loadViews(views)
  const rows: Float64Array[] = []
  const tokens: Float32Array[] = []
  const classes: number[] = []
  for (let step = 0; step < views.steps; step++) {
    const batch = await loader.take(step)
    const outputs = await session.run({ video: floatTensor(clipSpec(batchSize, geometry).shape, batch.video) })
    batch.samples.forEach(({ video }, index) => {
      const frames = Float64Array.from(rowOfOutput(outputs['features'], index, time * width, video.path))
      if (!frames.every(Number.isFinite)) throw notFinite(origin, video.path, batch.views[index] ?? '')
      rows.push(meanOverTime(frames, width))
      classes.push(batch.labels[index] ?? 0)
      similarity?.add(frames)
      // A copy, because the session may reuse its memory. A mean is finite only if all of its tokens are.
      if (keepsTokens)
        tokens.push(Float32Array.from(rowOfOutput(outputs['tokens'], index, tokenCount(geometry) * width, video.path)))
    })
    await advance(Math.min((step + 1) * batchSize, views.samples.length))
  }
  const labelIndices = Int32Array.from(classes)
  return {
    features: { width, rows: joined(rows, width), labels: labelIndices },
    tokens: { width, tokenCount: tokenCount(geometry), videos: tokens, labels: keepsTokens ? labelIndices : noLabels },
  }
}

function rowOfOutput(output: HostTensor | undefined, index: number, size: number, path: string): HostTensor['data'] {
  const row = output?.data.subarray(index * size, (index + 1) * size)
  if (row?.length !== size) throw new Error(`${path} has ${row?.length ?? 0} of ${size} features.`)
  return row
}

const noLabels = new Int32Array(0)

function joined(rows: readonly Float64Array[], width: number): Float64Array {
  const all = new Float64Array(rows.length * width)
  rows.forEach((row, index) => all.set(row, index * width))
  return all
}

/** Features [T', width] -> [width]. */
function meanOverTime(frames: Float64Array, width: number): Float64Array {
  const mean = new Float64Array(width)
  frames.forEach((value, i) => void (mean[i % width] = (mean[i % width] ?? 0) + (value * width) / frames.length))
  return mean
}

const nothing = ({ width, geometry }: FrozenEncoder): SplitFeatures => ({
  features: { width, rows: new Float64Array(0), labels: noLabels },
  tokens: { width, tokenCount: tokenCount(geometry), videos: [], labels: noLabels },
})

const notFinite = (origin: string, path: string, view: string) =>
  new StudioError(
    'diverged',
    `The features of ${path} (${view}) from ${origin} are NaN or infinite.`,
    'The activations of the model overflow. Probe an earlier checkpoint of the run, or train it again with a lower learning rate.',
  )
