import { parseArgs } from 'node:util'
import { formatShare } from '#contract/format.ts'
import { wilsonInterval } from '#contract/statistics.ts'
import { table } from '#main/shells/cli/output.ts'
import { planVideos } from '#training/built-in-data/plan.ts'
import { type PlannedVideo, recipe } from '#training/built-in-data/recipe.ts'
import { renderVideo } from '#training/built-in-data/render.ts'
import { draws } from '#training/data/random.ts'
import preset from '../resources/presets/demo.json' with { type: 'json' }

/**
 * Whether the built-in data are neither trivial nor impossible, without training a network: how much of the hidden cubes follows from the
 * visible ones (kernel ridge regression), and how far neighbours in pixels get with few and with all labels.
 */
const { values } = parseArgs({
  options: {
    train: { type: 'string', default: String(recipe.videos.train) },
    test: { type: 'string', default: '640' },
    ridge: { type: 'string', default: '1600' },
  },
})
const counts = { train: Number(values.train), test: Number(values.test), ridge: Number(values.ridge) }
for (const [option, count] of Object.entries(counts))
  if (!Number.isInteger(count) || count < 64) throw new Error(`--${option}: expected a whole number from 64.`)

/** Clips and cubes as in the preset of the demo. */
const { clip } = preset.configuration
const cube = { frames: clip.tubeletSize, pixels: clip.patchSize }

interface Clip {
  readonly video: PlannedVideo
  /** Brightness [frames, size, size] of the clip that starts with the video. */
  readonly pixels: Float32Array
}

const { size } = recipe
const plan = planVideos(recipe)
const clipsOf = (split: PlannedVideo['split'], count: number): Clip[] =>
  [...plan.entries()]
    .filter(([, video]) => video.split === split)
    .toSorted(([, a], [, b]) => a.rank - b.rank)
    .slice(0, count)
    .map(([index, video]) => ({ video, pixels: brightnessOf(renderVideo(recipe, video, index)) }))

function brightnessOf(frames: readonly Uint8Array[]): Float32Array {
  const pixels = new Float32Array(clip.frames * size * size)
  for (let t = 0, to = 0; t < clip.frames; t++) {
    const frame = frames[t * clip.frameStride] ?? new Uint8Array()
    for (let at = 0; at < frame.length; at += 3, to++)
      pixels[to] = ((frame[at] ?? 0) + (frame[at + 1] ?? 0) + (frame[at + 2] ?? 0)) / 765
  }
  return pixels
}

const train = clipsOf('train', counts.train)
const test = clipsOf('test', counts.test)

// Hidden cubes from visible ones.

const perSide = size / cube.pixels
const cubeCount = (clip.frames / cube.frames) * perSide * perSide

/** Values [cubes, pixels of a cube]. */
function cubesOf({ pixels }: Clip): Float32Array {
  const cubes = new Float32Array(pixels.length)
  let to = 0
  for (let time = 0; time < clip.frames; time += cube.frames)
    for (let top = 0; top < size; top += cube.pixels)
      for (let left = 0; left < size; left += cube.pixels)
        for (let t = time; t < time + cube.frames; t++)
          for (let row = top; row < top + cube.pixels; row++)
            for (let column = left; column < left + cube.pixels; column++)
              cubes[to++] = pixels[(t * size + row) * size + column] ?? 0
  return cubes
}

/**
 * Share of the variance of the hidden cubes' means that kernel ridge regression on the pixels of the visible cubes predicts in test videos.
 * Each video's own mean is taken off before, as far as it is visible: otherwise the brightness of the ground would count as success.
 */
function hiddenVariance(maskRatio: number): { kernel: number; persistence: number } {
  const order = draws(0, 'built-in-diagnosis-mask').permutation(cubeCount)
  const visible = order.slice(0, Math.round((1 - maskRatio) * cubeCount))
  const hidden = order.slice(visible.length)
  const length = cube.frames * cube.pixels ** 2
  const prepared = (clips: readonly Clip[]) =>
    clips.map((each) => {
      const cubes = cubesOf(each)
      const inputs = Float32Array.from({ length: visible.length * length }, (_, at) => {
        const from = visible[Math.floor(at / length)] ?? 0
        return cubes[from * length + (at % length)] ?? 0
      })
      const level = inputs.reduce((sum, value) => sum + value, 0) / inputs.length
      const targets = Float64Array.from(hidden, (from) => {
        let sum = 0
        for (let at = 0; at < length; at++) sum += cubes[from * length + at] ?? 0
        return sum / length - level
      })
      return { inputs: inputs.map((value) => value - level), targets }
    })
  const known = prepared(train.slice(0, counts.ridge))
  const asked = prepared(test)
  const means = Float64Array.from(hidden, (_, target) => mean(known.map(({ targets }) => targets[target] ?? 0)))
  const shareOf = (predict: (row: number) => Float64Array) => {
    let [residual, total] = [0, 0]
    for (const [row, { targets }] of asked.entries()) {
      const predicted = predict(row)
      for (const [target, value] of targets.entries()) {
        residual += (value - (predicted[target] ?? 0)) ** 2
        total += (value - (means[target] ?? 0)) ** 2
      }
    }
    return 1 - residual / total
  }
  const products = known.map(({ inputs }) => known.map((other) => dot(inputs, other.inputs)))
  const askedProducts = asked.map(({ inputs }) => known.map((other) => dot(inputs, other.inputs)))
  const norms = known.map(({ inputs }) => dot(inputs, inputs))
  const askedNorms = asked.map(({ inputs }) => dot(inputs, inputs))
  const width = 2 * mean(norms)
  const similarity = (product: number, left: number, right: number) => Math.exp(-(left + right - 2 * product) / width)
  // The diagonal of the kernel is 1.
  const weights = solve(
    products.map((row, i) => Float64Array.from(row, (product, j) => similarity(product, norms[i] ?? 0, norms[j] ?? 0))),
    0.003,
    known.map(({ targets }) => targets.map((value, target) => value - (means[target] ?? 0))),
  )
  const kernel = shareOf((row) => {
    const predicted = Float64Array.from(means)
    for (const [j, product] of (askedProducts[row] ?? []).entries()) {
      const near = similarity(product, askedNorms[row] ?? 0, norms[j] ?? 0)
      for (const [target, weight] of (weights[j] ?? []).entries())
        predicted[target] = (predicted[target] ?? 0) + near * weight
    }
    return predicted
  })
  // The visible cube that is nearest in space and time, as if nothing changed.
  const nearest = Array.from(hidden, (from) => closest(from, visible))
  const persistence = shareOf((row) => {
    const inputs = asked[row]?.inputs ?? new Float32Array()
    return Float64Array.from(nearest, (at) => mean([...inputs.subarray(at * length, (at + 1) * length)]))
  })
  return { kernel, persistence }
}

/** Time, row and column of a cube. */
const place = (index: number) => [
  Math.floor(index / (perSide * perSide)),
  Math.floor(index / perSide) % perSide,
  index % perSide,
]

/** Index in `visible` of the cube that is nearest to the cube `from`. */
function closest(from: number, visible: Int32Array): number {
  const [time = 0, row = 0, column = 0] = place(from)
  const distances = Array.from(visible, (index) => {
    const [otherTime = 0, otherRow = 0, otherColumn = 0] = place(index)
    return Math.hypot(time - otherTime, row - otherRow, column - otherColumn)
  })
  return distances.indexOf(Math.min(...distances))
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0
  for (let at = 0; at < left.length; at++) sum += (left[at] ?? 0) * (right[at] ?? 0)
  return sum
}

const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length

/** Solves (gram + ridge) weights = targets by Cholesky's decomposition, in place. Returns the rows of `weights`. */
function solve(gram: readonly Float64Array[], ridge: number, targets: readonly Float64Array[]): Float64Array[] {
  const lower = gram
  const at = (row: number, column: number) => lower[row]?.[column] ?? 0
  for (const [i, row] of lower.entries()) {
    for (let j = 0; j <= i; j++) {
      const other = lower[j] ?? row
      let sum = (row[j] ?? 0) + (i === j ? ridge : 0)
      for (let k = 0; k < j; k++) sum -= (row[k] ?? 0) * (other[k] ?? 0)
      row[j] = i === j ? Math.sqrt(sum) : sum / (other[j] ?? 1)
    }
  }
  const weights = targets.map((row) => Float64Array.from(row))
  const subtract = (to: number, from: number, factor: number) => {
    const [row, other] = [weights[to], weights[from]]
    if (row === undefined || other === undefined) return
    for (let target = 0; target < row.length; target++) row[target] = (row[target] ?? 0) - factor * (other[target] ?? 0)
  }
  const divide = (i: number) => {
    const row = weights[i]
    if (row === undefined) return
    for (let target = 0; target < row.length; target++) row[target] = (row[target] ?? 0) / at(i, i)
  }
  for (let i = 0; i < weights.length; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, at(i, k))
    divide(i)
  }
  for (let i = weights.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < weights.length; k++) subtract(i, k, at(k, i))
    divide(i)
  }
  return weights
}

// Neighbours in pixels.

/** Brightness of some frames at half the resolution, normalised: the nearest neighbour is the one of the largest correlation. */
function neighbourInput({ pixels }: Clip, from: number, to: number): Float32Array {
  const half = size / 2
  const out = new Float32Array((to - from) * half * half)
  for (let t = from, index = 0; t < to; t++)
    for (let row = 0; row < size; row += 2)
      for (let column = 0; column < size; column += 2, index++) {
        const at = (t * size + row) * size + column
        out[index] = (pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + size] ?? 0) + (pixels[at + size + 1] ?? 0)
      }
  const level = out.reduce((sum, value) => sum + value, 0) / out.length
  const centred = out.map((value) => value - level)
  const norm = Math.sqrt(dot(centred, centred))
  return centred.map((value) => value / norm)
}

/** Numbers of test videos whose nearest training video, among those with labels, has their glyph, and their motion. */
function neighbours(
  budget: number,
  inputs: readonly Float32Array[],
  asked: readonly Float32Array[],
): { appearance: number; motion: number } {
  const labelled = [...train.entries()].filter(([, { video }]) => video.rank <= budget)
  const hits = { appearance: 0, motion: 0 }
  for (const [row, { video }] of test.entries()) {
    let similarity = Number.NEGATIVE_INFINITY
    let best: PlannedVideo | undefined
    for (const [index, other] of labelled) {
      const product = dot(asked[row] ?? new Float32Array(), inputs[index] ?? new Float32Array())
      if (product <= similarity) continue
      similarity = product
      best = other.video
    }
    hits.appearance += best?.glyph === video.glyph ? 1 : 0
    hits.motion += best?.motion === video.motion ? 1 : 0
  }
  return hits
}

const withInterval = (count: number): string => {
  const interval = wilsonInterval(count, test.length)
  return `${formatShare(count / test.length)} (${formatShare(interval?.low ?? 0)} – ${formatShare(interval?.high ?? 1)})`
}

console.log(
  `Share of the variance of hidden cubes' means that visible cubes predict, ${counts.ridge} training and ${test.length} test videos:`,
)
console.log(
  table(
    ['Hidden', 'Nearest visible cube', 'Kernel ridge'],
    [0.5, 0.75, 0.9].map((ratio) => {
      const { kernel, persistence } = hiddenVariance(ratio)
      return [formatShare(ratio), ...[persistence, kernel].map((share) => formatShare(share))]
    }),
    [1, 2],
  ),
)
console.log(
  `\nTop-1 of the nearest training video in pixels on ${test.length} test videos (95 % interval), chance ${formatShare(1 / 8)}:`,
)
const everything = Number.POSITIVE_INFINITY
const ranges = [
  { title: 'all frames', from: 0, to: clip.frames, budgets: [...recipe.labelsPerClass, everything] },
  { title: 'the first frame', from: 0, to: 1, budgets: [everything] },
  {
    title: 'a frame in the middle',
    from: Math.floor(clip.frames / 2),
    to: Math.floor(clip.frames / 2) + 1,
    budgets: [everything],
  },
]
console.log(
  table(
    ['Seen', 'Labels per class', 'appearance', 'motion'],
    ranges.flatMap(({ title, from, to, budgets }) => {
      const inputs = train.map((each) => neighbourInput(each, from, to))
      const asked = test.map((each) => neighbourInput(each, from, to))
      return budgets.map((budget) => {
        const hits = neighbours(budget, inputs, asked)
        const labels = budget === everything ? `all ${train.length / 8}` : String(budget)
        return [title, labels, withInterval(hits.appearance), withInterval(hits.motion)]
      })
    }),
    [1, 2, 3],
  ),
)
