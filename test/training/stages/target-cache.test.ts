/// <reference lib="esnext.float16" />
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { floatTensor } from '#training/data/batch-tensors.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { openRoundedTeachers } from '#training/stages/rounded-teachers.ts'
import type { KeptTargets } from '#training/stages/stage.ts'
import { teacherModels } from '#training/stages/teachers.ts'
import { smallConfiguration, type TrainedSteps, useSmallRuns } from './small-run.ts'

const { contextOf, open, train, inferences, warnings } = useSmallRuns()

/** Six epochs of two steps; K = 2 clips of each of 8 videos, of two teachers. */
const all = Array.from({ length: 12 }, (_, step) => step)
const cached = { targetCache: 2, dropPath: 0.1 } as const
const files = 8 * 2 * 2

function emptyFolder(): KeptTargets {
  const folder = mkdtempSync(join(tmpdir(), 'targets-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, arithmetic: { precision: 'float32', tf32: false } }
}

const lossesOf = ({ results }: TrainedSteps): number[] => results.map(({ loss }) => loss)

/** Teachers that were computed while something was done. */
async function computedIn<T>(work: () => Promise<T>): Promise<{ result: T; computed: number }> {
  inferences.clear()
  const result = await work()
  return { result, computed: [...inferences.values()].reduce((sum, count) => sum + count, 0) }
}

test('features that are read give the bits of features that are computed and rounded', async () => {
  const kept = emptyFolder()
  const anew = await train('distill', cached, all)
  const { result: filling, computed } = await computedIn(() => train('distill', cached, all, undefined, kept))
  expect(computed).toBe(files)
  expect(readdirSync(kept.folder)).toHaveLength(files)
  const reading = await computedIn(() => train('distill', cached, all, undefined, kept))
  expect(reading.computed).toBe(0)
  expect(lossesOf(filling)).toEqual(lossesOf(anew))
  expect(filling.state).toEqual(anew.state)
  expect(reading.result.state).toEqual(anew.state)
})

test('a run that is resumed has the bits of the undisturbed one, with and without what was kept before', async () => {
  const kept = emptyFolder()
  const alone = await train('distill', cached, all, undefined, kept)
  const half = await train('distill', cached, all.slice(0, 5), undefined, emptyFolder())
  expect((await train('distill', cached, all.slice(5), half.state, emptyFolder())).state).toEqual(alone.state)
  expect((await train('distill', cached, all.slice(5), half.state, kept)).state).toEqual(alone.state)
})

test('the size of batches does not change the features: runs with others share them', async () => {
  const kept = emptyFolder()
  await train('distill', cached, all, undefined, kept)
  const cut = { ...cached, batchSize: 2, accumulationSteps: 2 }
  const { computed } = await computedIn(() => train('distill', cut, all, undefined, kept))
  expect(computed).toBe(0)
})

test('damaged and missing features are computed again, with the same result', async () => {
  const kept = emptyFolder()
  const first = await train('distill', cached, all, undefined, kept)
  const [damaged = '', missing = '', ...others] = readdirSync(kept.folder).map((name) => join(kept.folder, name))
  const content = readFileSync(damaged)
  content[content.length - 50] = content.at(-50)! ^ 1
  writeFileSync(damaged, content)
  rmSync(missing)
  for (const path of others) utimesSync(path, 1000, 1000)
  warnings.length = 0
  const { result, computed } = await computedIn(() => train('distill', cached, all, undefined, kept))
  expect(result.state).toEqual(first.state)
  expect(computed).toBe(2)
  expect(warnings).toEqual([
    `Teacher features in ${kept.folder} are computed again. Their file is damaged (its checksum or its description differs).`,
  ])
  expect(readdirSync(kept.folder)).toHaveLength(files)
  // Those that were read count as used.
  expect(others.every((path) => statSync(path).mtimeMs > 2_000_000)).toBe(true)
})

test.each([{ normalizeTargets: true }, { width: 32, targetCache: 1, samplesPerVideo: 2 }])(
  'with %o nothing is read that was computed otherwise',
  async (change) => {
    const kept = emptyFolder()
    const own = await train('distill', { ...cached, ...change }, [0, 1, 2, 3], undefined, emptyFolder())
    await train('distill', cached, all, undefined, kept)
    const mixed = await train('distill', { ...cached, ...change }, [0, 1, 2, 3], undefined, kept)
    expect(mixed.state).toEqual(own.state)
  },
)

test('each sample has two clips in turn, whatever the order and the batches; masks are drawn anew', async () => {
  await using stage = await open('distill', cached)
  const seen: Map<string, string>[] = []
  const masks: string[] = []
  for (let epoch = 0; epoch < 4; epoch++) {
    const clips = new Map<string, string>()
    for (const step of [2 * epoch, 2 * epoch + 1]) {
      const batch = await stage.batch(step, 0)
      for (const { video, frames } of batch.clips) clips.set(video, frames.join())
      masks.push(batch.inputs['masked']!.data.join())
    }
    seen.push(clips)
  }
  expect(seen[2]).toEqual(seen[0])
  expect(seen[3]).toEqual(seen[1])
  expect(seen[1]).not.toEqual(seen[0])
  expect(new Set(masks).size).toBe(masks.length)
})

test('features are those of the teachers on whole batches, rounded to float16', async () => {
  await using stage = await open('distill', { targetCache: 1 })
  await using published = await open('distill', {})
  const { inputs } = await stage.batch(0, 0)
  const [rounded, whole] = [await stage.targets!({ inputs }), await published.targets!({ inputs })]
  for (const name of ['imageTarget', 'videoTarget']) {
    const [actual, expected] = [rounded[name]!, whole[name]!]
    expect(actual.shape).toEqual(expected.shape)
    const largest = Math.max(...expected.data.map(Math.abs))
    const differences = actual.data.map((value, index) => Math.abs(value - expected.data[index]!))
    expect(Math.max(...differences)).toBeLessThan(2 ** -10 * largest)
    expect(Math.max(...differences)).toBeGreaterThan(0)
    expect(actual.data).toEqual(Float32Array.from(new Float16Array(actual.data)))
  }
})

test('features that float16 cannot hold end the run with what to do', async () => {
  const { clip, distill } = smallConfiguration('distill', { targetCache: 1 })
  const engine: Pick<Engine, 'name' | 'inference'> = {
    name: 'onnx-cpu',
    inference: () =>
      Promise.resolve({
        run: () => Promise.resolve({ features: floatTensor([1, 32, 32], new Float32Array(32 * 32).fill(7e4)) }),
        dispose: () => Promise.resolve(),
      }),
  }
  const context = contextOf('distill', { targetCache: 1 })
  const models = teacherModels(context.inputs, distill, clip)
  await using teachers = await openRoundedTeachers(
    { ...context, engine: { ...context.engine, ...engine } },
    models,
    distill,
    clip,
  )
  const video = floatTensor([1, 3, 4, 32, 32], new Float32Array(3 * 4 * 32 * 32))
  const masked = { shape: [1, 1], dtype: 'int32' as const, data: Int32Array.of(0) }
  await expect(teachers.features({ video, imageVideo: video, masked }, undefined)).rejects.toMatchObject({
    code: 'configuration-invalid',
    message:
      'Features of the image teacher are not finite or larger than 65,504, the largest number of float16, in which the target cache keeps them.',
    hint: 'Set distill.targetCache to 0, or distill.normalizeTargets to true.',
  })
})
