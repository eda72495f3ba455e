import { describe, expect, it } from 'vitest'
import type { FollowEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import { createLiveTopic } from '#renderer/api/live.ts'
import { curveTopic } from '#renderer/ui/charts/curves.ts'
import { appendPoints, emptySeries } from '#renderer/ui/charts/series.ts'
import { pictureTopic } from '#renderer/ui/run/pictures.ts'

const curve = (runId: string, values: number[]): BucketedSeries =>
  appendPoints(emptySeries(runId, 'train/loss'), { steps: values.map((_, step) => step), values }, 1000)
const points = (runId: string, steps: number[], value = 0): FollowEvent => ({
  type: 'points',
  series: [{ runId, name: 'train/loss', steps, values: steps.map(() => value) }],
})
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Live curves whose snapshots and animation frames the test controls. */
function rig() {
  const requests: { ids: string[]; answer: (series: BucketedSeries[]) => void; refuse: (cause: Error) => void }[] = []
  const frames: (() => void)[] = []
  const live = createLiveTopic({
    ...curveTopic('train/loss', (ids) => new Promise((answer, refuse) => requests.push({ ids, answer, refuse }))),
    schedule: (callback) => frames.push(callback),
  })
  const lastOf = (runId: string) => live.state.value.get(runId)?.last
  return { live, requests, frames, lastOf }
}

describe('live curves', () => {
  it('append points that arrive while the snapshot is fetched, without the overlap', async () => {
    const { live, requests, frames, lastOf } = rig()
    live.load(['a'])
    live.take(points('a', [1, 2, 3], 9))
    requests[0]!.answer([curve('a', [5, 4])])
    await settle()
    expect(lastOf('a')).toEqual([5, 4, 9, 9])
    expect(frames).toHaveLength(0)
  })

  it('change once per frame', async () => {
    const { live, requests, frames, lastOf } = rig()
    live.load(['a', 'b'])
    requests[0]!.answer([curve('a', [1]), curve('b', [1])])
    await settle()
    live.take(points('a', [1]))
    live.take(points('b', [1]))
    live.take(points('a', [2]))
    expect(lastOf('a')).toEqual([1])
    expect(frames).toHaveLength(1)
    frames[0]!()
    expect([lastOf('a'), lastOf('b')]).toEqual([
      [1, 0, 0],
      [1, 0],
    ])
  })

  it('are fetched again when a run is rewound', async () => {
    const { live, requests, lastOf } = rig()
    live.load(['a'])
    requests[0]!.answer([curve('a', [1, 2, 3, 4])])
    await settle()
    live.take({ type: 'rewound', runId: 'a', fromStep: 1 })
    live.take(points('a', [2], 8))
    requests[1]!.answer([curve('a', [1, 2])])
    await settle()
    expect(lastOf('a')).toEqual([1, 2, 8])
  })

  it('ignore an outdated answer', async () => {
    const { live, requests, lastOf } = rig()
    live.load(['a'])
    live.load(['b'])
    requests[1]!.answer([curve('b', [2])])
    await settle()
    requests[0]!.answer([curve('a', [1])])
    await settle()
    expect([lastOf('a'), lastOf('b')]).toEqual([undefined, [2]])
  })

  it('keep the error and the previous state', async () => {
    const { live, requests, lastOf } = rig()
    live.load(['a'])
    requests[0]!.refuse(new StudioError('not-found', 'There is no run a.', 'Open the list of runs.'))
    await settle()
    expect(live.error.value?.message).toBe('There is no run a.')
    expect(live.isLoaded.value).toBe(false)
    live.load(['a'])
    requests[1]!.answer([curve('a', [1])])
    await settle()
    expect([live.error.value, lastOf('a')]).toEqual([null, [1]])
  })

  it('do not change after they are disposed', async () => {
    const { live, requests, lastOf } = rig()
    live.load(['a'])
    live.dispose()
    requests[0]!.answer([curve('a', [1])])
    await settle()
    expect(lastOf('a')).toBeUndefined()
  })

  it('leave points of other metrics to their topics', async () => {
    const { live, requests, frames, lastOf } = rig()
    live.load(['a'])
    requests[0]!.answer([curve('a', [1])])
    await settle()
    live.take({ type: 'points', series: [{ runId: 'a', name: 'validation/top1', steps: [5], values: [50] }] })
    expect(frames).toHaveLength(0)
    expect(lastOf('a')).toEqual([1])
  })
})

const item = (step: number) => ({
  step,
  kind: 'reconstruction' as const,
  video: 'a.mp4',
  frames: 1,
  imageSize: 8,
  grid: [1, 1, 1] as [number, number, number],
  mask: [1 as const],
  strips: [],
  errorMaps: [],
})

it('live pictures are merged by step, also those that arrive before the list', async () => {
  const lists = new Map([
    ['a', [item(20), item(10)]],
    ['b', []],
  ])
  const live = createLiveTopic(pictureTopic(async (id) => lists.get(id) ?? []))
  live.load(['a', 'b'])
  live.take({ type: 'media', runId: 'a', item: item(20) })
  live.take({ type: 'media', runId: 'b', item: item(5) })
  await settle()
  expect([...live.state.value].map(([id, items]) => [id, items.map(({ step }) => step)])).toEqual([
    ['a', [10, 20]],
    ['b', [5]],
  ])
})
