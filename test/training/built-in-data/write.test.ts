import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pathOf } from '#training/built-in-data/motion.ts'
import { labelsCsv, planVideos } from '#training/built-in-data/plan.ts'
import { motions, recipe, type Motion } from '#training/built-in-data/recipe.ts'
import { renderVideo } from '#training/built-in-data/render.ts'
import { writeBuiltInDataset } from '#training/built-in-data/write.ts'
import { draws } from '#training/data/random.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { encodeArguments, openFfmpegEncoder, openNodeAvEncoder } from '#training/video/encode/encoder.ts'
import { toYuv420 } from '#training/video/encode/yuv.ts'

let root = ''
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'built-in-'))))
afterAll(() => rmSync(root, { recursive: true }))

const plan = planVideos(recipe)
const running = new AbortController().signal
const small = { ...recipe, videos: { train: 6, validation: 1, test: 1 } }
const side = { width: recipe.size, height: recipe.size }
const digests = (folder: string) =>
  readdirSync(folder).map(
    (name) =>
      `${name} ${createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')}`,
  )
const tally = (values: string[]) =>
  Object.fromEntries([...new Set(values)].map((value) => [value, values.filter((other) => other === value).length]))

describe('the plan', () => {
  const parts = {
    train: plan.filter(({ split }) => split === 'train'),
    validation: plan.filter(({ split }) => split === 'validation'),
    test: plan.filter(({ split }) => split === 'test'),
  }

  test('has the number of videos of the recipe in each split, each with its own path', () => {
    expect(Object.fromEntries(Object.entries(parts).map(([part, videos]) => [part, videos.length]))).toEqual(
      recipe.videos,
    )
    expect(new Set(plan.map(({ path }) => path)).size).toBe(plan.length)
  })

  test.each([
    ['train', 100],
    ['validation', 5],
    ['test', 20],
  ] as const)('%s: the label sets are independent, every pair occurs %s times', (part, times) => {
    const cells = tally(parts[part].map(({ glyph, motion }) => `${glyph}, ${motion}`))
    expect(Object.keys(cells)).toHaveLength(64)
    expect(new Set(Object.values(cells))).toEqual(new Set([times]))
  })

  test('the order of the files predicts neither split nor class', () => {
    const half = plan.slice(0, plan.length / 2)
    for (const counts of [tally(half.map(({ glyph }) => glyph)), tally(half.map(({ motion }) => motion))]) {
      for (const count of Object.values(counts)) expect(Math.abs(count - half.length / 8)).toBeLessThan(70)
    }
    expect(Math.abs(half.filter(({ split }) => split === 'test').length - 640)).toBeLessThan(70)
  })

  test('labels.csv labels every video, and for small numbers of labels few training videos, nested and balanced', () => {
    const [header, ...rows] = labelsCsv(plan, recipe).trimEnd().split('\n')
    expect(header).toBe(
      'path,split,appearance,appearance-2,appearance-4,appearance-8,appearance-16,motion,motion-2,motion-4,motion-8,motion-16',
    )
    const cells = rows.map((row) => row.split(','))
    expect(cells).toHaveLength(plan.length)
    expect(cells.map(([path, split, glyph, , , , , motion]) => ({ path, split, glyph, motion }))).toEqual(
      plan.map(({ path, split, glyph, motion }) => ({ path, split, glyph, motion })),
    )
    const train = cells.filter(([, split]) => split === 'train')
    for (const [full, columns] of [
      [2, [3, 4, 5, 6]],
      [7, [8, 9, 10, 11]],
    ] as const) {
      for (const [index, column] of columns.entries()) {
        const labelled = train.filter((row) => row[column] !== '')
        const count = recipe.labelsPerClass[index]
        expect(labelled.every((row) => row[column] === row[full])).toBe(true)
        // Each class so many times; so is each class of the other label set.
        for (const either of [2, 7]) {
          const counts = tally(labelled.map((row) => row[either]!))
          expect(Object.keys(counts)).toHaveLength(8)
          expect(new Set(Object.values(counts))).toEqual(new Set([count]))
        }
        const smaller = index === 0 ? [] : train.filter((row) => row[column - 1] !== '')
        expect(smaller.every((row) => row[column] !== '')).toBe(true)
        expect(cells.filter((row) => row[1] !== 'train' && row[column] !== row[full])).toEqual([])
      }
    }
  })
})

const paths = (motion: Motion) => Array.from({ length: 800 }, (_, key) => pathOf(draws(3, motion, key), motion, recipe))
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
/** Pixels from one frame to the next. */
const step = (values: Float64Array, t: number) => values[t + 1]! - values[t]!
const inRange = (value: number) => value >= recipe.pixelsPerFrame[0] && value <= recipe.pixelsPerFrame[1]

describe('a motion', () => {
  test.each(motions.flatMap((motion) => [0, 7, 15].map((frame) => ({ motion, frame }))))(
    '$motion: the size in frame $frame alone does not identify it',
    ({ motion, frame }) => {
      const all = paths(motion)
      // Four equal bins are filled alike: chi-square with 3 degrees of freedom, 16.3 at one in a thousand.
      const bins = [0, 0, 0, 0]
      for (const { scale } of all) bins[Math.min(3, Math.floor(((scale[frame]! - 1) / (recipe.growth - 1)) * 4))]! += 1
      expect(bins.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)).toBeLessThan(16.3)
    },
  )

  test.each(motions)('%s: the place does not identify it on average', (motion) => {
    const centre = ((recipe.place[0] + recipe.place[1]) / 2) * recipe.size
    for (const axis of ['x', 'y'] as const) {
      const middles = paths(motion).map((path) => (path[axis][7]! + path[axis][8]!) / 2)
      expect(Math.abs(mean(middles) - centre)).toBeLessThan(0.5)
    }
  })

  test('moves as its name says, whatever is drawn', () => {
    const drift = (motion: Motion) =>
      paths(motion)
        .slice(0, 50)
        .map(
          ({ x, y }) =>
            [
              mean(Array.from({ length: 15 }, (_, t) => step(x, t))),
              mean(Array.from({ length: 15 }, (_, t) => step(y, t))),
            ] as const,
        )
    expect(drift('left').every(([x, y]) => inRange(-x) && y === 0)).toBe(true)
    expect(drift('right').every(([x, y]) => inRange(x) && y === 0)).toBe(true)
    expect(drift('up').every(([x, y]) => inRange(-y) && x === 0)).toBe(true)
    expect(drift('down').every(([x, y]) => inRange(y) && x === 0)).toBe(true)
    const turn = (motion: Motion) =>
      paths(motion)
        .slice(0, 50)
        .map(({ x, y }) =>
          mean(Array.from({ length: 14 }, (_, t) => step(x, t) * step(y, t + 1) - step(y, t) * step(x, t + 1))),
        )
    expect(turn('clockwise').every((value) => value > 0)).toBe(true)
    expect(turn('anticlockwise').every((value) => value < 0)).toBe(true)
    const growing = paths('grow')
      .slice(0, 50)
      .map(
        ({ scale }) =>
          Array.from({ length: 15 }, (_, t) => scale[t + 1]! - scale[t]!).filter((change) => change > 0).length,
      )
    expect(growing.every((frames) => frames >= 14)).toBe(true)
    const turns = paths('shake')
      .slice(0, 50)
      .map(
        ({ x }) =>
          Array.from({ length: 14 }, (_, t) => Math.sign(step(x, t)) !== Math.sign(step(x, t + 1))).filter(Boolean)
            .length,
      )
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(2)
  })
})

describe('a rendered video', () => {
  const calm = { ...recipe, noise: 0, tint: 0, elastic: 0, rotation: 0, shear: 0, stretch: [1, 1] as [number, number] }

  test("shows a bright glyph on a static dark ground, of the recipe's size and brightness", () => {
    for (const [index, glyph] of Object.keys(recipe.glyphs).entries()) {
      const frames = renderVideo(calm, { ...plan[0]!, glyph, motion: 'right' }, index)
      expect(frames).toHaveLength(16)
      const values = [...frames[0]!].filter((_, at) => at % 3 === 0)
      const bright = values.filter((value) => value > 0.7 * 255).length
      expect(bright).toBeGreaterThan(25)
      expect(bright).toBeLessThan(400)
      expect(values.filter((value) => value < 0.6 * 255).length).toBeGreaterThan(300)
      const changed = values.map((_, pixel) => frames.some((frame) => frame[pixel * 3] !== frames[0]![pixel * 3]))
      // It moves along rows: rows without the glyph stay as they are.
      const rows = Array.from({ length: recipe.size }, (_, row) =>
        changed.slice(row * recipe.size, (row + 1) * recipe.size).some(Boolean),
      )
      expect(rows.filter(Boolean).length).toBeGreaterThan(9)
      expect(rows.filter(Boolean).length).toBeLessThan(25)
    }
  })

  test('is the same every time, and another with another index', () => {
    expect(renderVideo(recipe, plan[3]!, 3)).toEqual(renderVideo(recipe, plan[3]!, 3))
    expect(renderVideo(recipe, plan[3]!, 3)).not.toEqual(renderVideo(recipe, plan[3]!, 4))
  })

  test('differs between glyphs only where their strokes are', () => {
    const [z, x] = ['Z', 'X'].map((glyph) => renderVideo(recipe, { ...plan[0]!, glyph }, 0)[0]!)
    const differing = z!.filter((value, at) => value !== x![at]).length
    expect(differing).toBeGreaterThan(100)
    expect(differing).toBeLessThan(1200)
  })

  test('has the noise of the recipe', () => {
    const grey: [number, number] = [0.5, 0.5]
    const still = { ...calm, noise: 0.02, glyphBrightness: grey, groundBrightness: grey, groundContrast: 0 }
    const values = renderVideo(still, plan[0]!, 0)
      .flatMap((frame) => [...frame].filter((_, at) => at % 3 === 0))
      .map((value) => value / 255)
    const centre = mean(values)
    expect(centre).toBeCloseTo(0.5, 2)
    expect(Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))).toBeCloseTo(0.02, 2)
  })
})

describe('the files', () => {
  test('have the same bytes with any number of workers, and are readable videos of the right size', async () => {
    const [left, right] = [join(root, 'left'), join(root, 'right')]
    const progress: string[] = []
    const report = (done: number, total: number) => void progress.push(`${done}/${total}`)
    expect(await writeBuiltInDataset(small, left, { workers: 1, report, signal: running })).toBe(8)
    expect(progress).toEqual(['8/8'])
    await writeBuiltInDataset(small, right, { workers: 3, report, signal: running })
    expect(progress.at(-1)).toBe('8/8')
    expect(digests(join(left, 'videos'))).toEqual(digests(join(right, 'videos')))
    expect(readFileSync(join(left, 'labels.csv'), 'utf8')).toBe(readFileSync(join(right, 'labels.csv'), 'utf8'))
    const decoder = await openNodeAv()
    for (const name of readdirSync(join(left, 'videos'))) {
      expect(await inspectFile(decoder, join(left, 'videos', name))).toMatchObject({
        state: 'readable',
        facts: {
          frameCount: 16,
          width: recipe.size,
          height: recipe.size,
          framesPerSecond: 25,
          durationMs: 640,
          codec: 'h264',
        },
      })
    }
  })

  test('look like the rendered frames', async () => {
    const file = join(root, 'one.mp4')
    const drawn = renderVideo(recipe, plan[0]!, 0)
    await (await openNodeAvEncoder()).encode(file, drawn, side, 25)
    let worst = 0
    await (
      await openNodeAv()
    ).decode(file, side, 'all', (pixels, index) => {
      const difference =
        pixels.reduce((sum, value, at) => sum + Math.abs(value - drawn[index]![at]!), 0) / pixels.length
      worst = Math.max(worst, difference)
    })
    expect(worst).toBeGreaterThan(0)
    expect(worst).toBeLessThan(12)
  })

  test('a cancelled task leaves no labels.csv, and no worker writes on', async () => {
    const folder = join(root, 'stopped')
    const stop = new AbortController()
    const writing = writeBuiltInDataset({ ...recipe, videos: { train: 6400, validation: 0, test: 0 } }, folder, {
      workers: 2,
      report: () => stop.abort(),
      signal: stop.signal,
    })
    await expect(writing).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(folder)).toEqual(['videos'])
    const written = readdirSync(join(folder, 'videos')).length
    expect(written).toBeLessThan(6400)
    await expect(
      writeBuiltInDataset(small, folder, { report: () => {}, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(join(folder, 'videos'))).toHaveLength(written)
  })

  test('what a worker cannot write ends the task with its reason, and stops the others', async () => {
    const folder = join(root, 'blocked')
    mkdirSync(join(folder, 'videos', plan[0]!.path.slice('videos/'.length)), { recursive: true })
    await expect(
      writeBuiltInDataset(recipe, folder, { workers: 2, report: () => {}, signal: running }),
    ).rejects.toThrow(/open the file|could not write/)
    expect(readdirSync(folder)).toEqual(['videos'])
  })

  test('the ffmpeg fallback uses the same settings', () => {
    expect(encodeArguments('/d/a.mp4', { width: 64, height: 64 }, 25).join(' ')).toMatchInlineSnapshot(
      `"-v error -y -f rawvideo -pix_fmt yuv420p -s 64x64 -r 25 -i - -c:v libx264 -preset superfast -crf 16 -x264-params mbtree=0 -colorspace smpte170m -color_range tv -threads 1 -fflags +bitexact -flags:v +bitexact -f mp4 /d/a.mp4"`,
    )
  })

  test('ffmpeg, where it is there, writes the same frames twice alike', async () => {
    const encoder = await openFfmpegEncoder().catch(() => undefined)
    if (encoder === undefined)
      return console.info('There is no ffmpeg with libx264 on the PATH: only node-av encodes in this test.')
    const frames = renderVideo(recipe, plan[0]!, 0)
    for (const name of ['a.mp4', 'b.mp4']) await encoder.encode(join(root, name), frames, side, 25)
    expect(readFileSync(join(root, 'a.mp4'))).toEqual(readFileSync(join(root, 'b.mp4')))
    expect(await inspectFile(await openNodeAv(), join(root, 'a.mp4'))).toMatchObject({
      state: 'readable',
      facts: { frameCount: 16, durationMs: 640 },
    })
  })
})

test.each([
  ['black', [0, 0, 0], [16, 128, 128]],
  ['white', [255, 255, 255], [235, 128, 128]],
  ['red', [255, 0, 0], [82, 90, 240]],
  ['blue', [0, 0, 255], [41, 240, 110]],
])('%s in YUV', (_, colour, [y, u, v]) => {
  const pixels = Uint8Array.from({ length: 12 }, (_, index) => colour[index % 3]!)
  expect([...toYuv420(pixels, { width: 2, height: 2 })]).toEqual([y, y, y, y, u, v])
})
