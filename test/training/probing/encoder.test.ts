import { describe, expect, it, test } from 'vitest'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { ModelDescription, ModelFamily, ModelLayout } from '#contract/domain/model.ts'
import type { SavedModel } from '#training/checkpoint/open-model.ts'
import { clipSpec } from '#training/data/batch-tensors.ts'
import type { InferenceProgram } from '#training/engine/program/engine.ts'
import { type FrozenEncoder, modelParameters } from '#training/model/layouts.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { frozenEncoder } from '#training/model/trained-model.ts'
import { frameFeaturesProgram, probeBatchSize, probedClip } from '#training/probing/encoder.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { freshParameters } from '#training/stages/optimization.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'
import { noise } from '../engine/helpers.ts'

const clip: ClipConfiguration = { frames: 4, frameStride: 2, imageSize: 16, patchSize: 8, tubeletSize: 2 }
const width = 16
const stack = { width, depth: 1, heads: 2, mlpWidth: 32 }

function describeModel(
  layout: ModelLayout,
  family: ModelFamily,
  sizes: Partial<ModelDescription['sizes']> = {},
): ModelDescription {
  const isImage = layout === 'mae'
  const common = {
    ...stack,
    qkvBias: isImage ? ('joint' as const) : ('separate' as const),
    epsilon: 1e-6,
    headNormEpsilon: 1e-6,
    patchSize: 8,
    tubeletSize: isImage ? 1 : 2,
    tokens: isImage ? 4 : 8,
    imageSize: 16,
    frames: isImage ? 1 : 4,
  }
  const heads = {
    decoder: layout === 'classifier' ? null : stack,
    imageTargetWidth: 16,
    videoTargetWidth: null,
    pixelTargetWidth: null,
    classes: layout === 'classifier' ? 3 : null,
    pooling: 'mean' as const,
  }
  return {
    layout,
    family,
    hasLearnedPositions: false,
    sizes: { ...common, ...heads, hasClassToken: isImage, hasEncoderNorm: layout !== 'classifier', ...sizes },
  }
}

function encoderOf(model: ModelDescription): FrozenEncoder {
  const specs = modelParameters(model, { frames: model.sizes.frames ?? 1, imageSize: 16 }, 'test')
  // Large enough for positions and attention to matter.
  const parameters = Object.fromEntries(
    Object.entries(freshParameters(specs, 7)).map(([name, tensor]) => [
      name,
      /attn|mlp/.test(name) && tensor.shape.length > 1 ? { ...tensor, data: tensor.data.map((x) => 3 * x) } : tensor,
    ]),
  )
  return frozenEncoder({ origin: 'test', model, parameters }, clip)
}

async function run(
  engineName: 'onnx-cpu' | 'cpu',
  program: InferenceProgram,
  encoder: FrozenEncoder,
  video: NamedHostTensors[string],
): Promise<number[]> {
  const engine = await createEngine(engineName)
  const session = await engine.inference(program, encoder.parameters)
  const { features } = await session.run({ video })
  await session.dispose()
  await engine.dispose()
  return [...features!.data]
}

const batch = 2
const video = noise(1, batch, 3, 4, 16, 16)
/** The same clip with its first frame throughout. */
const frozen = (() => {
  const data = video.data.slice()
  for (let plane = 0; plane < batch * 3; plane++)
    for (let i = 0; i < 4 * 256; i++) data[plane * 4 * 256 + i] = video.data[plane * 4 * 256 + (i % 256)]!
  return { ...video, data }
})()
const probe = (encoder: FrozenEncoder, clips = video) =>
  run('onnx-cpu', frameFeaturesProgram(encoder, batch), encoder, clips)

/** How much the features of two tubelets of the first clip differ. */
async function changeOf(model: ModelDescription): Promise<number> {
  const features = await probe(encoderOf(model), frozen)
  return Math.max(
    ...Array.from({ length: width }, (_, channel) => Math.abs(features[channel]! - features[width + channel]!)),
  )
}

describe('the features of a frozen encoder', () => {
  test.each([
    { layout: 'mae', family: 'mae' },
    { layout: 'videomae', family: 'videomae' },
    { layout: 'mvd-student', family: 'mvd' },
    { layout: 'classifier', family: 'videomae' },
    { layout: 'classifier', family: 'mvd' },
  ] as const)(
    'of $layout with the positions of $family are the mean over the tokens of each tubelet',
    async ({ layout, family }) => {
      const encoder = encoderOf(describeModel(layout, family))
      const tokens = await run(
        'cpu',
        {
          name: 'tokens',
          inputs: { video: clipSpec(batch, clip) },
          run: (parameters, inputs) => {
            const [weights, pixels] = [weightsOf(parameters), weightsOf(inputs)('video')]
            return { features: encoder.features(weights, pixels) }
          },
        },
        encoder,
        video,
      )
      expect(tokens).toHaveLength(batch * 8 * width)
      const features = await probe(encoder)
      expect(features).toHaveLength(batch * 2 * width)
      features.forEach((value, i) => {
        const [tubelet, channel] = [Math.floor(i / width), i % width]
        const mean = [0, 1, 2, 3].reduce((sum, token) => sum + tokens[(tubelet * 4 + token) * width + channel]! / 4, 0)
        expect(Math.abs(value - mean) / Math.max(1, Math.abs(mean))).toBeLessThan(1e-5)
      })
    },
  )

  it('do not change over time for an image encoder that sees the same frame again, but do for an encoder of clips', async () => {
    expect(await changeOf(describeModel('mae', 'mae'))).toBeLessThan(1e-6)
    expect(await changeOf(describeModel('mvd-student', 'mvd'))).toBeGreaterThan(1e-3)
  })

  it('follow the position table of the family', async () => {
    const [flat, spaceTime] = await Promise.all([
      probe(encoderOf(describeModel('classifier', 'videomae'))),
      probe(encoderOf(describeModel('classifier', 'mvd'))),
    ])
    expect(Math.max(...flat.map((value, i) => Math.abs(value - spaceTime[i]!)))).toBeGreaterThan(1e-3)
  })
})

describe('the clip that a model sees', () => {
  const run = { kind: 'checkpoint', card: { clip } } as SavedModel['source']
  const imported = { kind: 'imported-model' } as SavedModel['source']
  const video = describeModel('videomae', 'videomae')
  const image = describeModel('mae', 'mae')
  test.each([
    { of: 'a run on clips', model: video, source: run, expected: clip },
    {
      of: 'a run on images: its own crop, the times of the pipeline',
      model: describeModel('mae', 'mae', { imageSize: 48, patchSize: 12 }),
      source: run,
      expected: { ...clip, imageSize: 48, patchSize: 12 },
    },
    {
      of: 'an import that tells its sizes',
      model: describeModel('videomae', 'videomae', { frames: 8, imageSize: 32 }),
      source: imported,
      expected: { frames: 8, frameStride: 4, imageSize: 32, patchSize: 8, tubeletSize: 2 },
    },
    {
      of: 'an import that tells nothing but its kernel',
      model: describeModel('classifier', 'mvd', { frames: null, imageSize: null, tokens: null, patchSize: 16 }),
      source: imported,
      expected: { frames: 16, frameStride: 4, imageSize: 224, patchSize: 16, tubeletSize: 2 },
    },
    {
      of: 'an image import that tells its tokens',
      model: { ...image, sizes: { ...image.sizes, imageSize: null, tokens: 256, patchSize: 14 } },
      source: imported,
      expected: { frames: 16, frameStride: 4, imageSize: 224, patchSize: 14, tubeletSize: 2 },
    },
  ])('of $of', ({ model, source, expected }) => {
    expect(probedClip({ model, source })).toEqual(expected)
  })
})

test.each([
  { frames: 4, imageSize: 16, patchSize: 8, expected: 16 },
  { frames: 16, imageSize: 224, patchSize: 16, expected: 5 },
  { frames: 128, imageSize: 1024, patchSize: 8, expected: 1 },
])('a batch has $expected clips of $frames frames at $imageSize px', ({ frames, imageSize, patchSize, expected }) => {
  expect(probeBatchSize({ geometry: { frames, imageSize, patchSize, tubeletSize: 2 } })).toBe(expected)
})
