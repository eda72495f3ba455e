import { describe, expect, test } from 'vitest'
import type { StudioError } from '#contract/api/errors.ts'
import { type BenchStepResult, benchStepRequest, benchStepResult } from '#contract/domain/bench.ts'
import { benchText, requestOf } from '#main/shells/cli/bench.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import { command } from './command-line.ts'

const [width, depth, heads, decoderWidth, decoderDepth, imageSize, frames, patch, batch] = [
  32, 2, 2, 48, 1, 32, 4, 8, 2,
]
const sizes = Object.entries({
  width,
  depth,
  heads,
  'decoder-width': decoderWidth,
  'decoder-depth': decoderDepth,
  'image-size': imageSize,
  frames,
  patch,
  mask: 0.75,
  batch,
  steps: 2,
}).flatMap(([name, value]) => [`--${name}`, String(value)])

async function measured(...words: string[]): Promise<BenchStepResult> {
  const { code, stdout, stderr } = await command('bench', 'step', ...words, ...sizes, '--json')
  if (code !== 0) throw new Error(stderr)
  return benchStepResult.parse(JSON.parse(stdout))
}

const places = (imageSize / patch) ** 2
const visiblePlaces = places / 4
const times = frames / 2
const pixels = 3 * patch ** 2
const [tokens, visible, masked] = [times * places, times * visiblePlaces, times * (places - visiblePlaces)]

/** Operations of a linear layer, and of blocks of attention and perceptron, on so many tokens: forward alone. */
const layer = (count: number, from: number, to: number): number => 2 * count * from * to
const blocks = (number: number, count: number, width: number): number =>
  number * (24 * count * width ** 2 + 4 * count ** 2 * width)
/** A product is computed once forward, once for the gradient of its weights, and once for that of its input, which pixels do not need. */
const [trained, trainedOnPixels] = [3, 2]

const encoder = (count: number, cube: number): number =>
  trainedOnPixels * layer(count, cube, width) + trained * blocks(depth, count, width)
const decoder = (seen: number, all: number, predicted: number, target: number): number =>
  trained *
  (layer(seen, width, decoderWidth) + blocks(decoderDepth, all, decoderWidth) + layer(predicted, decoderWidth, target))
const imageTeacher = times * (layer(places, pixels, width) + blocks(depth, places + 1, width))
const videoTeacher = layer(tokens, 2 * pixels, width) + blocks(depth, tokens, width)

describe('a step of each stage has the matrix products that follow from its sizes', () => {
  test.concurrent.each([
    [
      'image-teacher',
      trainedOnPixels * layer(visiblePlaces, pixels, width) +
        trained * blocks(depth, visiblePlaces + 1, width) +
        decoder(visiblePlaces + 1, places + 1, places - visiblePlaces, pixels),
    ],
    ['video-teacher', encoder(visible, 2 * pixels) + decoder(visible, tokens, masked, 2 * pixels)],
    [
      'distill',
      imageTeacher + videoTeacher + encoder(visible, 2 * pixels) + 2 * decoder(visible, tokens, masked, width),
    ],
    ['finetune', encoder(tokens, 2 * pixels) + trained * layer(1, width, 400)],
  ] as const)('%s', async (stage, flops) => {
    const result = await measured('--stage', stage)
    expect(result).toMatchObject({ stage, engine: 'onnx-cpu', precision: 'float32', steps: 2, flops: batch * flops })
    expect(result.minSeconds).toBeGreaterThan(0)
    expect(result.medianSeconds).toBeGreaterThanOrEqual(result.minSeconds)
    expect(result.gflops).toBeCloseTo(result.flops / result.medianSeconds / 1e9)
    expect(result.setUpSeconds).toBeGreaterThan(0)
    expect(result.peakMib).toBeGreaterThan(50)
    expect(result.params).toBeGreaterThan(10_000)
  })

  test.concurrent('without those of teachers whose features are read', async ({ expect }) => {
    expect(await measured('--stage', 'distill', '--target-cache')).toMatchObject({
      flops: batch * (encoder(visible, 2 * pixels) + 2 * decoder(visible, tokens, masked, width)),
    })
  })

  test.concurrent('the same on an engine that has no graph', async ({ expect }) => {
    const [wasm, compiled] = await Promise.all([
      measured('--stage', 'video-teacher', '--engine', 'wasm'),
      measured('--stage', 'video-teacher'),
    ])
    expect(wasm).toMatchObject({ engine: 'wasm', flops: compiled.flops, params: compiled.params })
  })

  test.concurrent('the same in half precision, which the processor imitates', async ({ expect }) => {
    const [half, whole] = await Promise.all([
      measured('--stage', 'distill', '--precision', 'float16'),
      measured('--stage', 'distill'),
    ])
    expect(half).toMatchObject({
      engine: 'onnx-cpu',
      precision: 'float16',
      flops: whole.flops,
      device: expect.stringMatching(/float16 imitated$/),
    })
  })
})

test('what is left out is the first line of the yardstick, and the decoder is as wide as the encoder', () => {
  expect(requestOf({ stage: 'distill' })).toEqual({
    stage: 'distill',
    width: 192,
    depth: 12,
    heads: 3,
    decoderDepth: 2,
    imageSize: 112,
    frames: 16,
    patch: 16,
    mask: 0.9,
    batch: 4,
    steps: 5,
    engine: 'auto',
    workers: 0,
    cards: 1,
    precision: 'float32',
    tf32: false,
    recompute: false,
    targetCache: false,
  })
  expect(benchStepRequest.parse({ stage: 'distill', decoderWidth: 96 }).decoderWidth).toBe(96)
})

function refusal(options: Record<string, string>): string {
  try {
    requestOf({ stage: 'distill', ...options })
  } catch (cause) {
    const { code, message, hint } = cause as StudioError
    return `${code}: ${message} | ${hint}`
  }
  return 'accepted'
}

test.each([
  [
    { stage: 'evaluate' },
    'configuration-invalid: --stage: "evaluate" is not image-teacher, video-teacher, distill, or finetune. | The stage whose step is timed.',
  ],
  [
    { precision: 'float64' },
    'configuration-invalid: --precision: "float64" is not float32, bfloat16, or float16. | Data type of matrix products. On the processor half precision is imitated for tests, which is slower.',
  ],
  [{ engine: 'abacus' }, expect.stringMatching(/^configuration-invalid: --engine: "abacus" is not auto, /)],
  [
    { imageSize: 'large' },
    'configuration-invalid: --image-size: "large" is not a whole number from 16 to 1024 (px). | Width and height of the square crop that the models see.',
  ],
  [
    { batch: '1.5' },
    'configuration-invalid: --batch: "1.5" is not a whole number from 1 to 65536 (samples). | Samples of a step.',
  ],
  [
    { steps: '0' },
    'configuration-invalid: --steps: Too small: expected number to be >=1. | It takes a whole number from 1 to 10000 (steps).',
  ],
  [
    { decoderWidth: '8' },
    'configuration-invalid: --decoder-width: Too small: expected number to be >=16. | It takes a whole number from 16 to 4096.',
  ],
  [
    { mask: '' },
    'configuration-invalid: --mask: "" is not a number between 0 and 1, both excluded. | Share of tokens hidden from the encoder.',
  ],
  [
    { mask: '1' },
    'configuration-invalid: --mask: The mask ratio must be below 1, or nothing is visible. | It takes a number between 0 and 1, both excluded.',
  ],
])('%j is refused', (options, sentence) => {
  expect(refusal(options)).toEqual(sentence)
})

test.concurrent('sizes that do not fit each other are refused in one sentence each', async ({ expect }) => {
  const { code, stdout, stderr } = await command('bench', 'step', '--stage', 'distill', '--patch', '15', '--heads', '5')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatchInlineSnapshot(`
    "The patch size 15 px does not divide the image size 112 px. Try 14 px. 5 heads do not divide the width 192. Try 4.
    Choose other sizes; bench step --help lists the options.
    "
  `)
})

test('a stage without teachers has no features to read', () => {
  expect(() => benchConfiguration(benchStepRequest.parse({ stage: 'finetune', targetCache: true }))).toThrow(
    '--target-cache: the stage finetune keeps no teacher features.',
  )
})

test('an option without a value is a switch', () => {
  expect(requestOf({ stage: 'distill', recompute: true })).toMatchObject({ recompute: true })
})

test('the table has a row for each figure', () => {
  const result: BenchStepResult = {
    stage: 'distill',
    engine: 'onnx-cpu',
    device: 'ONNX Runtime, CPU, 2 threads',
    precision: 'float32',
    steps: 5,
    medianSeconds: 0.4512,
    minSeconds: 0.4401,
    setUpSeconds: 1.5,
    peakMib: 612,
    params: 6_543_210,
    flops: 61.2e9,
    gflops: 135.6,
  }
  expect(benchText(result)).toMatchInlineSnapshot(`
    "┌───────────────┬───────────────────────────────────────┐
    │ Distillation  │                                       │
    │ Step, median  │ 451 ms of 5                           │
    │ Step, fastest │ 440 ms                                │
    │ Set-up        │ 1.50 s                                │
    │ Peak memory   │ 612 MiB                               │
    │ Parameters    │ 6,543,210                             │
    │ Products      │ 61.2 GFLOP a step, 136 GFLOP/s        │
    │ Engine        │ ONNX Runtime, CPU, 2 threads, float32 │
    └───────────────┴───────────────────────────────────────┘"
  `)
})
