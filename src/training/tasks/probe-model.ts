import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Split } from '#contract/domain/dataset.ts'
import { chanceOf, type ProbeMeasurement } from '#contract/domain/probe.ts'
import { checkpointFiles } from '#contract/layout.ts'
import type { Task } from '#node/serve-task.ts'
import { loadModel, openModel, type SavedModel } from '../checkpoint/open-model.ts'
import type { Engine } from '../engine/program/engine.ts'
import { frozenEncoder } from '../model/trained-model.ts'
import { attentiveProbe } from '../probing/attentive.ts'
import { probedClip } from '../probing/encoder.ts'
import { type Extraction, extractFeatures } from '../probing/extract.ts'
import { type LabelledFeatures, rowOf } from '../probing/features.ts'
import { nearestNeighbours, defaultTemperature } from '../probing/knn.ts'
import { type FittingWork, linearProbe } from '../probing/linear.ts'
import { Ranking } from '../probing/ranking.ts'
import { readManifestFile } from '../run/read-run.ts'
import { createEngine } from '../selection/create-engine.ts'
import { createVideoPool } from '../video/worker/pool.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

type ProbeTask = Task<'probe-model'>
type Report = Parameters<ProbeTask>[1]

/**
 * Fits k-NN, linear and attentive classifiers on the features of a frozen encoder for the labelled videos of a dataset. Uses the engine
 * that `auto` selects.
 */
export const probeModel: ProbeTask = async (input, report, signal) => {
  const startedAtMs = performance.now()
  await using saved = await openModel(input.folder, signal)
  const engine = await createEngine('auto')
  try {
    const leftOut: string[] = []
    const { splits, frameSimilarity, ...seen } = await extract(
      engine,
      input,
      saved,
      (sentence) => leftOut.push(sentence),
      report,
      signal,
    )
    const { train, validation, test } = bySplit(({ features }) => features, splits)
    const work = (phase: 'linear' | 'attentive'): FittingWork => ({
      report: (done, total) => report({ phase, done, total }),
      pause: () => throwIfCancelled(signal),
    })

    const knn = input.methods.includes('knn')
      ? await classifyByNeighbours(train, test, seen.classes, input.neighbours, report, signal)
      : null
    const linear = input.methods.includes('linear')
      ? await linearProbe({ train, validation, test }, seen.classes, work('linear'))
      : null
    const attentive = input.methods.includes('attentive')
      ? await attentiveProbe(
          engine,
          bySplit(({ tokens }) => tokens, splits),
          seen.classes,
          work('attentive'),
        )
      : null
    return {
      model: saved.origin,
      sha256: sha256Of(saved),
      description: saved.model,
      ...seen,
      engine: engine.description,
      videos: { train: train.labels.length, validation: validation.labels.length, test: test.labels.length },
      trainingVideosByClass: countsOf(train.labels, seen.classes),
      leftOut,
      knn,
      linear,
      attentive,
      chance: chanceOf(seen.classes),
      frameSimilarity,
      durationMs: performance.now() - startedAtMs,
    }
  } finally {
    await engine.dispose()
  }
}

const bySplit = <T>(
  pick: (features: Extraction['splits'][Split]) => T,
  { train, validation, test }: Extraction['splits'],
): Record<Split, T> => ({ train: pick(train), validation: pick(validation), test: pick(test) })

function countsOf(labels: Int32Array, classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

/** Computes the features. */
async function extract(
  engine: Engine,
  { manifest: file, splitSet, exclusions, labels, methods, frameCache }: TaskInput<'probe-model'>,
  saved: SavedModel,
  warn: (message: string) => void,
  report: Report,
  signal: AbortSignal,
): Promise<Extraction & Pick<ProbeMeasurement, 'clip' | 'classes'>> {
  const manifest = readManifestFile(file, splitSet, exclusions)
  const classes = manifest.labelSets.find(({ name }) => name === labels)?.classes.length
  if (classes === undefined)
    throw new StudioError(
      'bad-request',
      `The dataset ${manifest.name} has no label set ${labels}.`,
      `Choose one of ${manifest.labelSets.map(({ name }) => name).join(', ')}.`,
    )
  const clip = probedClip(saved)
  const encoder = frozenEncoder(await loadModel(saved, signal), clip)
  const pool = createVideoPool({ frameCache })
  try {
    // Validation videos only choose settings of the fitted classifiers.
    const isFitted = methods.some((method) => method !== 'knn')
    const splits: Split[] = isFitted ? ['train', 'validation', 'test'] : ['train', 'test']
    const extraction = await extractFeatures(
      {
        engine,
        source: { manifest, reader: pool, seed: 0, warn },
        labels,
        encoder,
        frameStride: clip.frameStride,
        keepsTokens: methods.includes('attentive'),
        origin: saved.origin,
        async advance(done, total) {
          report({ phase: 'features', done, total })
          await throwIfCancelled(signal)
        },
      },
      splits,
    )
    return { ...extraction, clip, classes }
  } finally {
    await pool.dispose()
  }
}

const queriesBetweenPauses = 32

async function classifyByNeighbours(
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  requested: number,
  report: Report,
  signal: AbortSignal,
): Promise<ProbeMeasurement['knn']> {
  const neighbours = Math.min(requested, train.labels.length)
  const scoresOf = nearestNeighbours(train, { neighbours, temperature: defaultTemperature, classes })
  const ranking = new Ranking(classes)
  for (const [index, label] of test.labels.entries()) {
    if (index % queriesBetweenPauses === 0) {
      report({ phase: 'knn', done: index, total: test.labels.length })
      await throwIfCancelled(signal)
    }
    ranking.add(scoresOf(rowOf(test, index)), label)
  }
  return { ...ranking.conclude(), neighbours, temperature: defaultTemperature }
}

function sha256Of({ origin, source: { card } }: SavedModel): string {
  const file = card.files.find(({ name }) => name === checkpointFiles.model)
  if (file === undefined) throw new Error(`The card of ${origin} lists no ${checkpointFiles.model}.`)
  return file.sha256
}
