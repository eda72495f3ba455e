import { expect, it, vi } from 'vitest'
import { createCurves } from '#renderer/ui/charts/curves.ts'
import { directStudio } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

/** Curves of many runs in a studio whose calls are counted. */
function rig(pipelines: number, metrics = 1) {
  const fake = createFakeStudio({ tickMs: 0 })
  const ids = addRuns(fake.world, { pipelines, points: 700, metrics })
  const { client } = directStudio(fake)
  const series = vi.fn<typeof client.metrics.series>(client.metrics.series)
  const curves = createCurves({ ...client, metrics: { ...client.metrics, series } })
  return { ids, curves, series, close: () => fake.close() }
}

it('fetches more runs than one call may have, each in fewer buckets', async () => {
  const { ids, curves, series, close } = rig(210)
  curves.load(ids)
  curves.show(['train/loss'])
  await vi.waitFor(() => expect(curves.of('train/loss').size).toBe(210))
  expect(series.mock.calls.map(([{ runIds }]) => runIds.length)).toEqual([100, 100, 10])
  expect(Math.max(...[...curves.of('train/loss').values()].map(({ start }) => start.length))).toBeLessThanOrEqual(256)
  const detail = await curves.range('train/loss', 100, 300)
  expect(detail).toHaveLength(210)
  expect(detail[0]).toMatchObject({ width: 1 })
  close()
})

it('fetches only what charts show, in one call for all of them', async () => {
  const { ids, curves, series, close } = rig(3, 3)
  curves.load(ids)
  curves.show(['train/loss'])
  curves.show(['train/top1'])
  await vi.waitFor(() => expect(curves.of('train/top1').size).toBe(3))
  expect(series.mock.calls.map(([{ names }]) => names)).toEqual([['train/loss', 'train/top1']])
  expect(curves.of('validation/top1').size).toBe(0)
  close()
})

it('fetches what is out of sight again only when it is shown again', async () => {
  const { ids, curves, series, close } = rig(2, 2)
  curves.load(ids)
  const release = curves.show(['train/loss'])
  await vi.waitFor(() => expect(curves.of('train/loss').size).toBe(2))
  release()
  curves.load(ids.slice(0, 1))
  expect(curves.of('train/loss').size).toBe(0)
  curves.show(['train/loss'])
  await vi.waitFor(() => expect(curves.of('train/loss').size).toBe(1))
  expect(series).toHaveBeenCalledTimes(2)
  close()
})

it('keeps what is shown until the curves of other runs are fetched', async () => {
  const { ids, curves, close } = rig(2)
  curves.load(ids.slice(0, 1))
  curves.show(['train/loss'])
  await vi.waitFor(() => expect(curves.of('train/loss').size).toBe(1))
  curves.load(ids)
  expect(curves.of('train/loss').size).toBe(1)
  await vi.waitFor(() => expect(curves.of('train/loss').size).toBe(2))
  close()
})

it('names what could not be fetched', async () => {
  const { curves, close } = rig(1)
  curves.load(['no-such-run'])
  curves.show(['train/loss'])
  await vi.waitFor(() => expect(curves.error.value?.message).toBe('There is no run no-such-run.'))
  close()
})
