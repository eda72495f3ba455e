import { createRouterClient } from '@orpc/server'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { unpackSeries } from '#contract/domain/packed-series.ts'
import { createFakeStudio } from './fake-studio.ts'

const fake = createFakeStudio({ tickMs: 0 })
const client = createRouterClient(fake.router)

test('all data of the fake studio is valid under the contract', async () => {
  const runs = await client.runs.list({})
  expect(new Set(runs.map(({ status }) => status))).toEqual(
    new Set(['finished', 'running', 'queued', 'failed', 'stopped']),
  )
  for (const { id } of runs) {
    await client.runs.get({ id })
    await client.runs.log({ id })
    await client.runs.media({ id })
  }
  const datasets = await client.datasets.list({})
  for (const { name } of datasets) await client.datasets.get({ name })
  const checkpoints = await client.checkpoints.list({})
  expect((await client.checkpoints.inspect({ id: checkpoints[0]!.id })).tensors.length).toBeGreaterThan(50)
  await client.pipelines.presets({})
  await client.system.engines({})
  await client.system.info({})
  await client.system.browse({})
})

test('curves have at most the requested number of buckets', async () => {
  const series = await client.metrics.series({ runIds: ['shapes-demo-distill'], maxBuckets: 16 })
  expect(series.length).toBeGreaterThan(6)
  for (const packed of series) {
    const { start, width } = unpackSeries(packed, Buffer.from(packed.columns, 'base64'))
    expect(start.length).toBeLessThanOrEqual(16)
    expect(start.every((step) => step % width === 0)).toBe(true)
  }
})

test('a tick is published to followers of the run and to watchers', async () => {
  const abort = new AbortController()
  const follow = await client.runs.follow({ ids: ['falls-tiny-video-teacher'] }, { signal: abort.signal })
  const watch = await client.runs.watch({}, { signal: abort.signal })
  const first = follow.next()
  expect((await watch.next()).value).toMatchObject({ type: 'snapshot' })
  const change = watch.next()
  await Promise.resolve()
  fake.world.tick()
  expect((await first).value).toMatchObject({ type: 'points' })
  expect((await change).value).toMatchObject({ type: 'changed', run: { step: 171 } })
  abort.abort()
})

test('previews are animated and strips have the width of their frames', async () => {
  const video = (await client.datasets.samples({ name: 'shapes', offset: 0, limit: 1 })).samples[0]!
  expect(
    (await sharp(await fake.media(`/media/datasets/shapes/${video.id}.webp`), { animated: true }).metadata()).pages,
  ).toBe(16)
  const [item] = await client.runs.media({ id: 'shapes-demo-video-teacher' })
  expect(
    await sharp(await fake.media(`/media/runs/shapes-demo-video-teacher/${item!.strips[0]!.path}`)).metadata(),
  ).toMatchObject({ width: 16 * 64, height: 64 })
  expect(await fake.media('/media/datasets/shapes/none.webp')).toBeUndefined()
})
