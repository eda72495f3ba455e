import { classScores } from '../domain/class-scores.ts'
import { similarityByDistance } from '../domain/frame-similarity.ts'
import { runId } from '../domain/pipeline.ts'
import { probeMethods, type ProbeRecord } from '../domain/probe.ts'
import { resultNotes, type TestResult } from '../domain/result.ts'
import { baselineStart, isStudent, type Start, testStage } from '../stages/starts.ts'
import { intervalOf, meanOf, pairedTest } from '../statistics.ts'
import {
  cellsOf,
  type ExperimentPipeline,
  experimentPipelines,
  type ExperimentProbe,
  pretrainingSeeds,
} from './plan.ts'
import { type FindRun, gridResults, tuningFor } from './progress.ts'
import type { ExperimentRequest } from './request.ts'
import type {
  ExperimentNote,
  ExperimentResult,
  FeatureSimilarity,
  LabelSetResult,
  LearningCurve,
  ProbeResult,
  SeedMean,
  StartDifference,
  StartResult,
} from './result.ts'

/** What the outcome is computed from. */
export interface OutcomeSources {
  readonly find: FindRun
  /** Result of a finished test; null for any other run. */
  readonly test: (runId: string) => TestResult | null
  /** Classes of a label set with their training videos, as in the dataset now; undefined if it is not there. */
  readonly labelSet: (
    name: string,
  ) => { readonly classes: readonly string[]; readonly trainingVideos: readonly number[] } | undefined
  readonly probes: readonly { readonly probe: ExperimentProbe; readonly record: ProbeRecord }[]
  /** The launched pipelines and the engines of their runs. */
  readonly pipelines: readonly {
    readonly id: string
    readonly datasetDigest: string
    readonly studioVersion?: string | undefined
  }[]
  readonly engines: readonly string[]
  /** The dataset at the launch, and whether it is the same now. */
  readonly dataset: { readonly name: string; readonly digest: string; readonly state: 'same' | 'changed' | 'removed' }
}

/** The outcome of an experiment so far. */
export function outcomeOf(request: ExperimentRequest, sources: OutcomeSources): ExperimentResult {
  const planned = experimentPipelines(request).flatMap((pipeline) => (pipeline.phase === 'final' ? [pipeline] : []))
  const tests = planned.flatMap((pipeline) => {
    const id = runId(pipeline.name, testStage)
    const result = sources.test(id)
    return result === null ? [] : [{ ...pipeline, runId: id, result }]
  })
  const leftOut: ExperimentNote[] = []
  const labelSets = request.labels.map((labels) => {
    const starts = request.starts.map((start) =>
      startResult(request, start, labels, planned, tests, sources.find, leftOut),
    )
    return labelSetResult(labels, starts, tests, sources)
  })
  return {
    labelSets,
    curves: learningCurves(labelSets),
    similarities: similaritiesOf(request, sources.probes),
    probes: probeResults(request, sources.probes),
    engines: [...new Set(sources.engines)],
    notes: [...notesOf(request, sources, planned.length, tests), ...leftOut],
  }
}

/** Mean with the interval over seeds; without an interval for fewer than two. */
export function seedMeanOf(values: readonly number[]): SeedMean {
  return {
    mean: values.length === 0 ? null : meanOf(values),
    interval: values.length < 2 ? null : intervalOf(values),
    seeds: values.length,
  }
}

type FinalPipeline = Extract<ExperimentPipeline, { phase: 'final' }>
type Tested = FinalPipeline & { readonly runId: string; readonly result: TestResult }

function startResult(
  request: ExperimentRequest,
  start: Start,
  labels: string,
  planned: readonly FinalPipeline[],
  tests: readonly Tested[],
  find: FindRun,
  notes: ExperimentNote[],
): StartResult {
  const isOwn = (pipeline: FinalPipeline) => pipeline.start === start && pipeline.labels === labels
  const own = tests.filter(isOwn)
  const complete = pretrainingSeeds(request).flatMap((seed) => {
    const found = own.filter((test) => test.seed === seed)
    if (found.length === 0) return []
    if (found.length < planned.filter((pipeline) => isOwn(pipeline) && pipeline.seed === seed).length) {
      notes.push({ kind: 'seed-left-out', start, labels, seed })
      return []
    }
    return [{ seed, tests: found }]
  })
  const classes = own[0]?.result.classes ?? []
  const recalls = complete.map(({ tests: found }) => found.map(({ result }) => classScores(result)))
  return {
    start,
    top1: seedMeanOf(complete.map(({ tests: found }) => meanOf(found.map(({ result }) => result.top1)))),
    seeds: complete.map(({ seed, tests: found }) => ({
      seed,
      top1: meanOf(found.map(({ result }) => result.top1)),
      tests: found.map(({ finetuningSeed, runId: id, result }) => ({
        finetuningSeed,
        runId: id,
        top1: result.top1,
      })),
    })),
    classes: classes.map((label, index) => ({
      label,
      videos: own[0]?.result.confusion[index]?.reduce((sum, count) => sum + count, 0) ?? 0,
      top1: seedMeanOf(
        recalls.flatMap((scores) => {
          const values = scores.flatMap((score) => score[index]?.recall ?? [])
          return values.length === 0 ? [] : [meanOf(values)]
        }),
      ),
    })),
    tuning: tuningFor(request, start, labels, find) ?? null,
    grid: gridResults(request, start, labels, find),
  }
}

function labelSetResult(
  labels: string,
  starts: readonly StartResult[],
  tests: readonly Tested[],
  { labelSet }: OutcomeSources,
): LabelSetResult {
  const first = tests.find((test) => test.labels === labels)?.result
  const known = labelSet(labels)
  // What a classifier was trained on is recorded with its test; the dataset may have changed since.
  const counts = first?.trainingVideos ?? known?.trainingVideos
  return {
    labels,
    classes: [...(first?.classes ?? known?.classes ?? [])],
    labelsPerClass:
      counts === undefined || counts.length === 0
        ? null
        : { mean: meanOf(counts), fewest: Math.min(...counts), most: Math.max(...counts) },
    testVideos: first?.videos ?? null,
    starts: [...starts],
    differences: differencesOf(starts),
  }
}

/** Every start against the baseline, then each two students. */
function differencesOf(starts: readonly StartResult[]): StartDifference[] {
  const baseline = starts.find(({ start }) => start === baselineStart)
  const students = starts.filter(({ start }) => isStudent(start))
  return [
    ...(baseline === undefined
      ? []
      : starts.filter((start) => start !== baseline).map((start) => differenceOf(start, baseline))),
    ...students.flatMap((second, index) => students.slice(0, index).map((first) => differenceOf(second, first))),
  ]
}

/** `start` against `baseline`, paired by the seeds that both have. */
export function differenceOf(start: StartResult, baseline: StartResult): StartDifference {
  const there = new Map(baseline.seeds.map(({ seed, top1 }) => [seed, top1]))
  const pairs = start.seeds.flatMap(({ seed, top1 }) => {
    const other = there.get(seed)
    return other === undefined ? [] : [{ seed, start: top1, baseline: other }]
  })
  const test = pairedTest(
    pairs.map((pair) => pair.baseline),
    pairs.map((pair) => pair.start),
  )
  return {
    start: start.start,
    baseline: baseline.start,
    pairs,
    difference: pairs.length === 0 ? null : meanOf(pairs.map((pair) => pair.start - pair.baseline)),
    interval: test?.interval ?? null,
    p: test?.p ?? null,
  }
}

/** Label sets with the same classes, by their labels per class. One alone makes no curve. */
function learningCurves(labelSets: readonly LabelSetResult[]): LearningCurve[] {
  const known = labelSets.filter(({ classes, labelsPerClass }) => classes.length > 0 && labelsPerClass !== null)
  return [...Map.groupBy(known, ({ classes }) => JSON.stringify(classes)).values()].flatMap((group) => {
    if (group.length < 2) return []
    const sorted = group.toSorted((a, b) => (a.labelsPerClass?.mean ?? 0) - (b.labelsPerClass?.mean ?? 0))
    return [
      {
        labelSets: sorted.map(({ labels }) => labels),
        classes: sorted[0]?.classes ?? [],
        starts: (sorted[0]?.starts ?? []).map(({ start }) => ({
          start,
          points: sorted.flatMap(({ labels, labelsPerClass, starts }) => {
            const found = starts.find((other) => other.start === start)
            return found === undefined || labelsPerClass === null
              ? []
              : [{ labels, labelsPerClass: labelsPerClass.mean, top1: found.top1 }]
          }),
        })),
      },
    ]
  })
}

function similaritiesOf(request: ExperimentRequest, probes: OutcomeSources['probes']): FeatureSimilarity[] {
  const [labels] = request.labels
  return request.starts.flatMap((start) => {
    const curves = probes
      .filter(({ probe }) => probe.start === start && probe.labels === labels)
      .map(({ record }) => similarityByDistance(record.frameSimilarity))
    const [first] = curves
    if (first === undefined) return []
    return [
      {
        start,
        distances: first.map((_, tubelets) => ({
          tubelets,
          cosine: seedMeanOf(curves.flatMap((curve) => curve[tubelets] ?? [])),
        })),
      },
    ]
  })
}

function probeResults(request: ExperimentRequest, probes: OutcomeSources['probes']): ProbeResult[] {
  return cellsOf(request).flatMap(({ start, labels }) => {
    const own = probes.filter(({ probe }) => probe.start === start && probe.labels === labels)
    return probeMethods.flatMap((method) => {
      const values = own.flatMap(({ record }) => record[method]?.top1 ?? [])
      return values.length === 0 ? [] : [{ start, labels, method, top1: seedMeanOf(values) }]
    })
  })
}

function notesOf(
  request: ExperimentRequest,
  { find, pipelines, engines, dataset }: OutcomeSources,
  total: number,
  tests: readonly Tested[],
): ExperimentNote[] {
  const notes: ExperimentNote[] = []
  if (dataset.state !== 'same')
    notes.push({ kind: 'dataset-changed', dataset: dataset.name, isRemoved: dataset.state === 'removed' })
  const others = pipelines.filter(({ datasetDigest }) => datasetDigest !== dataset.digest)
  if (others.length > 0) notes.push({ kind: 'other-data', pipelineIds: others.map(({ id }) => id) })
  if (tests.length < total) notes.push({ kind: 'unfinished', finished: tests.length, total })
  if (request.pretrainingSeeds === 1) notes.push({ kind: 'one-seed' })
  const distinct = [...new Set(engines)]
  if (distinct.length > 1) notes.push({ kind: 'engines', engines: distinct })
  const versions = [...new Set(pipelines.flatMap(({ studioVersion }) => studioVersion ?? []))]
  if (versions.length > 1) notes.push({ kind: 'versions', versions })
  const grids = cellsOf(request).map((cell) => ({ ...cell, grid: gridResults(request, cell.start, cell.labels, find) }))
  const diverged = grids.flatMap(({ grid }) =>
    grid.filter(({ status }) => status === 'diverged').map(({ runId: id }) => id),
  )
  if (diverged.length > 0) notes.push({ kind: 'diverged', runIds: diverged })
  for (const { start, labels, grid } of grids) {
    const chosen = grid.find(({ isChosen }) => isChosen)
    if (chosen === undefined) continue
    for (const field of ['learningRate', 'layerDecay'] as const) {
      const values = [...new Set(grid.map((point) => point[field]))].toSorted((a, b) => a - b)
      const value = chosen[field]
      const isHighest = value === values.at(-1)
      // No decay at all is the end of its range.
      const isBound = field === 'layerDecay' && value === 1
      if (values.length > 2 && !isBound && (isHighest || value === values[0]))
        notes.push({ kind: 'edge', start, labels, field, value, isHighest })
    }
  }
  const seen = new Set<string>()
  for (const { runId: id, result } of tests)
    for (const message of resultNotes(result)) {
      if (seen.has(message)) continue
      seen.add(message)
      notes.push({ kind: 'test', runId: id, message })
    }
  return notes
}

/** A note as a sentence. */
export function describeNote(note: ExperimentNote): string {
  switch (note.kind) {
    case 'one-seed':
      return 'There is one pre-training seed, so no interval and no p value can be computed. Launch an experiment with at least three seeds.'
    case 'unfinished':
      return `${note.finished} of ${note.total} tests have finished. The figures will change.`
    case 'seed-left-out':
      return `Seed ${note.seed} of ${note.start} on ${note.labels} does not count yet: not all of its fine-tuning seeds are tested.`
    case 'diverged':
      return `Runs of the grid diverged and were not chosen from: ${note.runIds.join(', ')}.`
    case 'edge':
      return `The chosen ${note.field === 'learningRate' ? 'learning rate' : 'layer decay'} ${note.value} of ${note.start} on ${note.labels} is the ${note.isHighest ? 'highest' : 'lowest'} of the grid, so a better one may lie outside.`
    case 'engines':
      return `Runs were computed by different engines: ${note.engines.join('; ')}. Their results differ in the last bits.`
    case 'versions':
      return `Runs were launched by different versions of the studio: ${note.versions.join(', ')}.`
    case 'other-data':
      return `These pipelines were launched on another version of the dataset: ${note.pipelineIds.join(', ')}.`
    case 'dataset-changed':
      return note.isRemoved
        ? `The dataset ${note.dataset} was removed since the launch.`
        : `The dataset ${note.dataset} has changed since the launch. The figures are those of the version at the launch.`
    case 'test':
      return `${note.runId}: ${note.message}`
  }
}
