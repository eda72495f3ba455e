import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeMetric } from '#contract/domain/metric.ts'
import { heartbeat } from '#contract/domain/run-event.ts'
import { Recorder } from '#training/run/recorder.ts'
import { Waits } from '#training/run/waits.ts'
import { eventsOf, newFolder } from './train-in-folder.ts'

test('a metric that is not finite keeps its value on the way; a result with one is never written as null', () => {
  const folder = newFolder()
  using recorder = new Recorder(folder)
  recorder.metrics(1, { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: 2 })
  const result = {
    task: 'classification' as const,
    top1: Number.NaN,
    top5: null,
    videos: 1,
    views: 1,
    classes: ['a'],
    confusion: [[1]],
  }
  expect(() => recorder.write({ type: 'result', result })).toThrow('The value of top1 is NaN')
  const [event, ...others] = eventsOf(folder)
  expect(others).toEqual([])
  expect(event).toMatchObject({ type: 'metrics', step: 1 })
  const values = event?.type === 'metrics' ? event.values : {}
  expect(Object.entries(values).map(([name, value]) => [name, decodeMetric(value)])).toEqual([
    ['a', Number.NaN],
    ['b', Number.NEGATIVE_INFINITY],
    ['c', 2],
  ])
})

test('before a checkpoint, the events are in the file of their name, even if that was replaced', () => {
  const folder = newFolder()
  using recorder = new Recorder(folder)
  recorder.metrics(1, { a: 1 })
  const file = join(folder, 'events.jsonl')
  cpSync(file, `${file}.copy`)
  renameSync(`${file}.copy`, file)
  recorder.metrics(2, { a: 2 })
  const stepsThere = () => eventsOf(folder).flatMap((event) => (event.type === 'metrics' ? [event.step] : []))
  expect(stepsThere()).toEqual([1])
  recorder.secure()
  expect(stepsThere()).toEqual([1, 2])
})

test('the heartbeat says since when no step was completed, and what the run waits for', async () => {
  const folder = newFolder()
  const waits = new Waits({ stop: new AbortController().signal })
  using recorder = new Recorder(folder, () => waits.current())
  const beat = () => heartbeat.parse(JSON.parse(readFileSync(join(folder, 'heartbeat.json'), 'utf8')))
  expect(beat()).toMatchObject({ step: 0, waitsFor: null })
  recorder.progress(1)
  const { promise, resolve } = Promise.withResolvers<void>()
  const waiting = waits.during('batch', () => promise)
  await expect.poll(beat, { timeout: 10_000 }).toMatchObject({ step: 1, waitsFor: { kind: 'batch' } })
  expect(beat().sinceStepMs).toBeGreaterThanOrEqual(beat().waitsFor?.ms ?? 1e9)
  waits.watchDecoding(() => ({ file: 'a/1.mp4', ms: 34_000 }))
  expect(waits.current()).toEqual({ kind: 'decoding', subject: 'a/1.mp4', ms: 34_000 })
  resolve()
  await waiting
  expect(waits.current()).toBeNull()
})

test('a folder that becomes read-only is named; the heartbeat that cannot be written ends nothing', () => {
  const parent = newFolder()
  const folder = join(parent, 'run')
  mkdirSync(folder)
  const [user, isRoot] = [65_534, process.getuid?.() === 0]
  chmodSync(parent, 0o755)
  if (isRoot) chownSync(folder, user, user)
  const script = `
    import { chmodSync } from 'node:fs'
    import { Recorder } from ${JSON.stringify(import.meta.resolve('#training/run/recorder.ts'))}
    import { explainReadOnly } from ${JSON.stringify(import.meta.resolve('#training/run/read-only.ts'))}
    import { saveCheckpoint } from ${JSON.stringify(import.meta.resolve('#training/checkpoint/checkpoints.ts'))}
    const folder = ${JSON.stringify(folder)}
    const said = new Promise((resolve) => {
      const write = process.stderr.write.bind(process.stderr)
      process.stderr.write = (text, ...rest) => {
        if (String(text).includes('The heartbeat cannot be written')) resolve()
        return write(text, ...rest)
      }
    })
    const recorder = new Recorder(folder)
    chmodSync(folder, 0o555)
    // The timer of the heartbeat does not keep the process alive.
    const alive = setInterval(() => {}, 1000)
    await said
    clearInterval(alive)
    recorder.metrics(1, { a: 1 })
    const state = { parameters: {}, firstMoments: {}, secondMoments: {} }
    const error = await saveCheckpoint(folder, { step: 1 }, state).catch((cause) => explainReadOnly(cause, folder))
    recorder[Symbol.dispose]()
    console.log(JSON.stringify(error.report()))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    ...(isRoot ? { uid: user, gid: user } : {}),
  })
  chmodSync(folder, 0o755)
  expect(JSON.parse(stdout)).toEqual({
    code: 'workspace-read-only',
    message: `The folder of the run, ${folder}, cannot be written: permission denied.`,
    hint: 'Make it writable, then resume the run: it continues from its last checkpoint.',
  })
  expect(stderr.match(/The heartbeat cannot be written/g)).toHaveLength(1)
  expect(eventsOf(folder)).toMatchObject([{ type: 'metrics', step: 1 }])
})
