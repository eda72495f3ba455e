import { expect, test } from 'vitest'
import { FeedingWatch } from '#training/run/feeding-watch.ts'

/** Feeds epochs of two steps; each gives its waiting time and what the decoder processes did. */
function feed(epochs: readonly { waitedMs: number; clips: number; decoded: number; readMs: number }[]) {
  const said: string[] = []
  let work = { clips: 0, decoded: 0, readMs: 0, totalMs: 0 }
  const watch = new FeedingWatch(
    { stepsPerEpoch: 2, epochs: epochs.length },
    () => work,
    (message, level) => said.push(`${level}: ${message}`),
  )
  const metrics = epochs.map(({ waitedMs, clips, decoded, readMs }, index) => {
    expect(watch.add(2 * index + 1, { tookMs: 50_000, waitedMs })).toEqual({})
    work = {
      clips: work.clips + clips,
      decoded: work.decoded + decoded,
      readMs: work.readMs + readMs,
      totalMs: work.totalMs + 1000,
    }
    return watch.add(2 * index + 2, { tookMs: 50_000, waitedMs: 0 })
  })
  return { said, metrics }
}

test('an epoch has the share of its time that training waited, of decoded clips, and of reading', () => {
  const { said, metrics } = feed([{ waitedMs: 5000, clips: 40, decoded: 10, readMs: 200 }])
  expect(metrics).toEqual([{ 'speed/epoch-data-wait': 5, 'speed/epoch-decoded': 25, 'speed/epoch-reading': 20 }])
  expect(said).toEqual([])
})

test('each cause of a long wait is said once, with what to do', () => {
  const decoding = { waitedMs: 40_000, clips: 40, decoded: 40, readMs: 0 }
  const { said } = feed([
    decoding,
    decoding,
    decoding,
    { waitedMs: 40_000, clips: 40, decoded: 0, readMs: 800 },
    { waitedMs: 40_000, clips: 40, decoded: 0, readMs: 100 },
  ])
  expect(said).toEqual([
    'info: Training waited 40.0 % of the time of epoch 1 for data: 100.0 % of its clips were decoded. Later epochs read their frames from the frame cache, as far as they fit into its budget.',
    'warning: Training waited 40.0 % of the time of epoch 2 for data: 100.0 % of its clips were decoded again, since their frames are not in the frame cache. Raise its budget in Settings or with: frames budget GIB',
    expect.stringContaining('read cached frames for 80.0 % of theirs: the disk of the workspace is too slow'),
    expect.stringContaining('although the frames are cached'),
  ])
})

test('a short wait, and decoding in a run of one epoch, are not said', () => {
  expect(feed([{ waitedMs: 9000, clips: 4, decoded: 4, readMs: 0 }]).said).toEqual([])
  expect(feed([{ waitedMs: 40_000, clips: 4, decoded: 4, readMs: 0 }]).said).toEqual([])
})
