import { computed, ref, type Ref, shallowReactive } from 'vue'
import type { FollowEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import { dashedCurves } from '#contract/charts/palette.ts'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricName, SeriesDelta } from '#contract/domain/metric.ts'
import { type PackedSeries, unpackSeries } from '#contract/domain/packed-series.ts'
import type { StudioClient } from '../../api/client.ts'
import { createLiveTopic, type Followed, type LiveTopic, type LiveTopicOptions } from '../../api/live.ts'
import { maxBands } from './paint.ts'
import { appendPoints, emptySeries } from './series.ts'

/** Curves of one metric by run; runs without points are left out. */
export type RunCurves = ReadonlyMap<string, BucketedSeries>

/** Curves of some runs: those of a metric are fetched when a chart shows it, and then kept up to date. */
export interface Curves extends Followed {
  /** Curves of a metric; empty until they are fetched. */
  of(name: MetricName): RunCurves
  /** Fetches metrics that a chart shows. Returns a function that releases them. */
  show(names: readonly MetricName[]): () => void
  /** Curves of a metric in the steps `from`..`to`, at the resolution of a chart as wide as the page. */
  range(name: MetricName, from: number, to: number): Promise<BucketedSeries[]>
  /** Whether the stream was opened, before which nothing can be fetched. */
  readonly isOpen: Readonly<Ref<boolean>>
  readonly error: Readonly<{ value: ErrorReport | null }>
}

const none: RunCurves = new Map()

/** Complete curves of one metric of some runs as a live topic. */
export const curveTopic = (
  name: MetricName,
  fetch: (runIds: string[]) => Promise<BucketedSeries[]>,
): LiveTopicOptions<RunCurves, SeriesDelta> => ({
  initial: none,
  fetch: async (runIds) => curvesByRun(await fetch(runIds)),
  pick: (event) => (event.type === 'points' ? event.series.filter((series) => series.name === name) : []),
  join: withDeltas,
})

export function createCurves(client: StudioClient): Curves {
  const topics = shallowReactive(new Map<MetricName, LiveTopic<RunCurves>>())
  const viewers = new Map<MetricName, number>()
  const isOpen = ref(false)
  /** Undefined before the stream is open. */
  let ids: readonly string[] | undefined
  const fetch = inBatches((names: MetricName[], runIds: string[]) => fetchCurves(client, runIds, names))

  function open(name: MetricName): void {
    const topic = createLiveTopic(curveTopic(name, (runIds) => fetch(name, runIds)))
    topics.set(name, topic)
    if (ids !== undefined) topic.load(ids)
  }
  function close(name: MetricName): void {
    topics.get(name)?.dispose()
    topics.delete(name)
  }

  return {
    of: (name) => topics.get(name)?.state.value ?? none,
    show(names) {
      for (const name of names) {
        viewers.set(name, (viewers.get(name) ?? 0) + 1)
        if (!topics.has(name)) open(name)
      }
      return () => names.forEach((name) => viewers.set(name, (viewers.get(name) ?? 1) - 1))
    },
    isOpen,
    range: (name, from, to) => fetchRange(client, ids ?? [], { name, from, to }),
    error: computed(() => [...topics.values()].map(({ error }) => error.value).find((error) => error !== null) ?? null),
    load(next) {
      ids = next
      isOpen.value = true
      for (const [name, topic] of topics)
        if ((viewers.get(name) ?? 0) > 0) topic.load(next)
        else close(name)
    },
    take: (event: FollowEvent) => topics.forEach((topic) => topic.take(event)),
    dispose: () => [...topics.keys()].forEach(close),
  }
}

/** Buckets of each of some curves: fewer of many, which are thin lines. */
const bucketsFor = (runs: number): number => (runs === 1 ? 1000 : runs <= dashedCurves ? 512 : 256)
/** Buckets of a curve whose chart is zoomed or enlarged. */
const detailedBucketsFor = (runs: number): number => (runs === 1 ? 2000 : runs <= 50 ? 1024 : 512)

/** Whether the ranges of the buckets of some curves are fetched: of more they are not drawn. */
export const hasRangesOf = (runs: number): boolean => runs <= maxBands

/** Runs, and curves, of one call: no answer is large, and the first charts are drawn while others are read. */
export const runsPerCall = 100
const curvesPerCall = 200

interface Slice {
  runIds: string[]
  names: MetricName[]
}

function slicesOf(runIds: readonly string[], names: readonly MetricName[]): Slice[] {
  const runSlices = chunksOf(runIds, runsPerCall)
  const nameSlices = chunksOf(names, Math.max(1, Math.floor(curvesPerCall / Math.min(runsPerCall, runIds.length))))
  return nameSlices.flatMap((some) => runSlices.map((ids) => ({ runIds: ids, names: some })))
}

/** The items in order, in arrays of at most `size`. */
export const chunksOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))

/** Curves of some metrics, each promise as soon as its calls are answered. */
function fetchCurves(
  client: StudioClient,
  runIds: readonly string[],
  names: readonly MetricName[],
): Map<MetricName, Promise<BucketedSeries[]>> {
  const resolution = { maxBuckets: bucketsFor(runIds.length), hasRanges: hasRangesOf(runIds.length) }
  const answers = slicesOf(runIds, names).map((slice) => ({
    names: slice.names,
    series: client.metrics.series({ ...slice, ...resolution }).then((packed) => packed.map(unpack)),
  }))
  return new Map(
    names.map((name) => {
      const parts = answers.filter((answer) => answer.names.includes(name)).map(({ series }) => series)
      return [name, Promise.all(parts).then((found) => found.flat().filter((series) => series.name === name))]
    }),
  )
}

async function fetchRange(
  client: StudioClient,
  runIds: readonly string[],
  { name, from, to }: { name: MetricName; from: number; to: number },
): Promise<BucketedSeries[]> {
  const resolution = { maxBuckets: detailedBucketsFor(runIds.length), hasRanges: hasRangesOf(runIds.length) }
  const answers = await Promise.all(
    slicesOf(runIds, [name]).map((slice) => client.metrics.series({ ...slice, from, to, ...resolution })),
  )
  return answers.flat().map(unpack)
}

/** Joins the calls of one task, such as those of all charts that come into view, into one. */
function inBatches<Item>(
  fetchAll: (names: MetricName[], runIds: string[]) => Map<MetricName, Promise<Item[]>>,
): (name: MetricName, runIds: string[]) => Promise<Item[]> {
  let waiting: { name: MetricName; runIds: string[]; resolve: (items: Promise<Item[]>) => void }[] = []
  function flush(): void {
    const calls = waiting
    waiting = []
    for (const batch of Map.groupBy(calls, ({ runIds }) => runIds.join(' ')).values()) {
      const found = fetchAll(
        batch.map(({ name }) => name),
        batch[0]?.runIds ?? [],
      )
      for (const { name, resolve } of batch) resolve(found.get(name) ?? Promise.resolve([]))
    }
  }
  return (name, runIds) =>
    new Promise((resolve) => {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push({ name, runIds, resolve })
    })
}

/** The series of an answer. */
export const unpack = (packed: PackedSeries): BucketedSeries => unpackSeries(packed, bytesOf(packed.columns))

/** Bytes that each series is decoded into: hundreds of buffers at a time would cost the page more time to free than to fill. */
let decoded: Uint8Array & { setFromBase64?: (base64: string) => { written: number } } = new Uint8Array(65_536)

/** The bytes of a text in Base64, until the next call. The types do not know the decoder of the browser yet. */
function bytesOf(base64: string): Uint8Array {
  if (base64.length > decoded.length) decoded = new Uint8Array(base64.length)
  const filled = decoded.setFromBase64?.(base64)
  return filled === undefined
    ? Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    : decoded.subarray(0, filled.written)
}

const curvesByRun = (series: readonly BucketedSeries[]): RunCurves =>
  new Map(series.filter(({ start }) => start.length > 0).map((curve) => [curve.runId, curve]))

/** The curves with new points. Points of steps that a curve already has are dropped. */
export function withDeltas(curves: RunCurves, deltas: readonly SeriesDelta[]): RunCurves {
  const all = new Map(curves)
  for (const delta of deltas)
    all.set(
      delta.runId,
      appendPoints(
        all.get(delta.runId) ?? emptySeries(delta.runId, delta.name),
        delta,
        bucketsFor(Math.max(1, all.size)),
      ),
    )
  return curvesByRun([...all.values()])
}
