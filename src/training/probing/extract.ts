import { StudioError } from '#contract/api/errors.ts'
import { samplesOf, type Split } from '#contract/domain/dataset.ts'
import { clipSpec, floatTensor } from '../data/batch-tensors.ts'
import { evaluationViews, loadViews } from '../data/batches/views.ts'
import type { DataSource } from '../data/source.ts'
import type { Engine, InferenceSession } from '../engine/program/engine.ts'
import type { FrozenEncoder } from '../model/layouts.ts'
import { gridOf } from '../model/patches.ts'
import { frameFeaturesProgram, probeBatchSize } from './encoder.ts'
import type { LabelledFeatures } from './features.ts'
import { FrameSimilarity } from './frame-similarity.ts'

export interface ExtractionOptions {
  readonly engine: Engine
  readonly source: DataSource
  readonly labels: string
  readonly encoder: FrozenEncoder
  readonly frameStride: number
  /** Name of the encoder in messages. */
  readonly origin: string
  /** Called after each batch with the number of videos done; throws to stop. */
  advance(done: number, total: number): Promise<void>
}

export interface Extraction {
  /** By split; a split without labelled videos is empty. */
  readonly features: Readonly<Record<Split, LabelledFeatures>>
  /** Of the test videos [T', T']. */
  readonly frameSimilarity: number[][]
}

/**
 * Features of the centre view of each labelled video of the splits, averaged over time.
 * @throws StudioError `diverged` if a feature is NaN or infinite.
 */
export async function extractFeatures(options: ExtractionOptions, splits: readonly Split[]): Promise<Extraction> {
  const { engine, source, labels, encoder, advance } = options
  const counts = splits.map((split) => samplesOf(source.manifest, { split, labelSet: labels }).length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const session = await engine.inference(frameFeaturesProgram(encoder, probeBatchSize(encoder)), encoder.parameters)
  try {
    await advance(0, total)
    const similarity = new FrameSimilarity(gridOf(encoder.geometry)[0])
    const features: Record<Split, LabelledFeatures> = {
      train: nothing(encoder),
      validation: nothing(encoder),
      test: nothing(encoder),
    }
    let before = 0
    for (const [index, split] of splits.entries()) {
      const count = counts[index] ?? 0
      if (count > 0)
        features[split] = await extractSplit(
          options,
          session,
          split,
          (done) => advance(before + done, total),
          split === 'test' ? similarity : undefined,
        )
      before += count
    }
    return { features, frameSimilarity: similarity.mean() }
  } finally {
    await session.dispose()
  }
}

async function extractSplit(
  { source, labels, encoder, frameStride, origin }: ExtractionOptions,
  session: InferenceSession,
  split: Split,
  advance: (done: number) => Promise<void>,
  similarity: FrameSimilarity | undefined,
): Promise<LabelledFeatures> {
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
  const classes: number[] = []
  for (let step = 0; step < views.steps; step++) {
    const batch = await loader.take(step)
    const { features } = await session.run({ video: floatTensor(clipSpec(batchSize, geometry).shape, batch.video) })
    const size = time * width
    batch.samples.forEach(({ video }, index) => {
      const frames = Float64Array.from(features?.data.subarray(index * size, (index + 1) * size) ?? [])
      if (frames.length !== size) throw new Error(`${video.path} has ${frames.length} of ${size} features.`)
      if (!frames.every(Number.isFinite)) throw notFinite(origin, video.path, batch.views[index] ?? '')
      rows.push(meanOverTime(frames, width))
      classes.push(batch.labels[index] ?? 0)
      similarity?.add(frames)
    })
    await advance(Math.min((step + 1) * batchSize, views.samples.length))
  }
  return { width, rows: joined(rows, width), labels: Int32Array.from(classes) }
}

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

const nothing = ({ width }: FrozenEncoder): LabelledFeatures => ({
  width,
  rows: new Float64Array(0),
  labels: new Int32Array(0),
})

const notFinite = (origin: string, path: string, view: string) =>
  new StudioError(
    'diverged',
    `The features of ${path} (${view}) from ${origin} are NaN or infinite.`,
    'The activations of the model overflow. Probe an earlier checkpoint of the run, or train it again with a lower learning rate.',
  )
