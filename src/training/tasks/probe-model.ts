import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Split } from '#contract/domain/dataset.ts'
import { chanceOf, type ProbeMeasurement } from '#contract/domain/probe.ts'
import { checkpointFiles } from '#contract/layout.ts'
import { loadModel, openModel, type SavedModel } from '../checkpoint/open-model.ts'
import { frozenEncoder } from '../model/trained-model.ts'
import { probedClip } from '../probing/encoder.ts'
import { type Extraction, extractFeatures } from '../probing/extract.ts'
import { rowOf } from '../probing/features.ts'
import { nearestNeighbours, defaultTemperature } from '../probing/knn.ts'
import { linearProbe } from '../probing/linear.ts'
import { Ranking } from '../probing/ranking.ts'
import { readManifestFile } from '../run/read-run.ts'
import { createEngine } from '../selection/create-engine.ts'
import { createVideoPool } from '../video/worker/pool.ts'
import type { Task } from './task.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

type ProbeTask = Task<'probe-model'>
type Report = Parameters<ProbeTask>[1]

/** Fits k-NN and linear classifiers on the features of a frozen encoder for the labelled videos of a dataset. Uses the engine that `auto` selects. */
export const probeModel: ProbeTask = async (input, report, signal) => {
  const startedAtMs = performance.now()
  await using saved = await openModel(input.folder, signal)
  const leftOut: string[] = []
  const { features, frameSimilarity, ...seen } = await extract(
    input,
    saved,
    (sentence) => leftOut.push(sentence),
    report,
    signal,
  )
  const { train, validation, test } = features

  const knn =
    input.method === 'linear'
      ? null
      : await classifyByNeighbours(features, seen.classes, input.neighbours, report, signal)
  const linear =
    input.method === 'knn'
      ? null
      : await linearProbe(features, seen.classes, {
          report: (done, total) => report({ phase: 'linear', done, total }),
          pause: () => throwIfCancelled(signal),
        })
  const videos = { train: train.labels.length, validation: validation.labels.length, test: test.labels.length }
  return {
    model: saved.origin,
    sha256: sha256Of(saved),
    description: saved.model,
    ...seen,
    videos,
    leftOut,
    knn,
    linear,
    chance: chanceOf(seen.classes),
    frameSimilarity,
    durationMs: performance.now() - startedAtMs,
  }
}

/** Computes the features. */
async function extract(
  { manifest: file, labels, method, frameCache }: TaskInput<'probe-model'>,
  saved: SavedModel,
  warn: (message: string) => void,
  report: Report,
  signal: AbortSignal,
): Promise<Extraction & Pick<ProbeMeasurement, 'clip' | 'engine' | 'classes'>> {
  const manifest = readManifestFile(file)
  const classes = manifest.labelSets.find(({ name }) => name === labels)?.classes.length
  if (classes === undefined)
    throw new StudioError(
      'bad-request',
      `The dataset ${manifest.name} has no label set ${labels}.`,
      `Choose one of ${manifest.labelSets.map(({ name }) => name).join(', ')}.`,
    )
  const clip = probedClip(saved)
  const encoder = frozenEncoder(await loadModel(saved, signal), clip)
  const engine = await createEngine('auto')
  const pool = createVideoPool({ frameCache })
  try {
    // Validation videos only choose the weight decay of the linear classifier.
    const splits: Split[] = method === 'knn' ? ['train', 'test'] : ['train', 'validation', 'test']
    const extraction = await extractFeatures(
      {
        engine,
        source: { manifest, reader: pool, seed: 0, warn },
        labels,
        encoder,
        frameStride: clip.frameStride,
        origin: saved.origin,
        async advance(done, total) {
          report({ phase: 'features', done, total })
          await throwIfCancelled(signal)
        },
      },
      splits,
    )
    return { ...extraction, clip, engine: engine.description, classes }
  } finally {
    await pool.dispose()
    await engine.dispose()
  }
}

const queriesBetweenPauses = 32

async function classifyByNeighbours(
  { train, test }: Extraction['features'],
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
