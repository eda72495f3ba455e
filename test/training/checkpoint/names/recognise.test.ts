import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTensorFile } from '#training/checkpoint/formats/open.ts'
import { SafetensorsReader } from '#training/checkpoint/formats/safetensors/reader.ts'
import { parseHuggingFaceConfig } from '#training/checkpoint/names/huggingface-config.ts'
import type { NamedShape } from '#training/checkpoint/names/layout.ts'
import { readMatched, recognise } from '#training/checkpoint/names/recognise.ts'
import { classifierParameters } from '#training/model/classifier.ts'
import { imageAutoencoderParameters, imageEncoderParameters } from '#training/model/image-autoencoder.ts'
import type { ParameterSpec } from '#training/model/parameters.ts'
import { studentParameters } from '#training/model/student.ts'
import { videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'
import { recorded } from '../../reference/recorded.ts'

const clip = { frames: 16, tubeletSize: 2, imageSize: 224, patchSize: 16 }
const image = { imageSize: 224, patchSize: 16 }
const small = { width: 384, depth: 12, heads: 6 }
const base = { width: 768, depth: 12, heads: 12 }
const large = { width: 1024, depth: 24, heads: 16 }
const huge = { width: 1280, depth: 32, heads: 16 }
const decoder = (decoderWidth: number, decoderDepth: number, decoderHeads: number) => ({
  decoderWidth,
  decoderDepth,
  decoderHeads,
})
const shapesOf = (specs: readonly ParameterSpec[]): NamedShape[] => specs.map(({ name, shape }) => ({ name, shape }))

const models: [string, ParameterSpec[], object][] = [
  [
    'mae',
    imageAutoencoderParameters({ ...image, ...base, ...decoder(512, 8, 16) }),
    {
      ...base,
      qkvBias: 'joint',
      tokens: 196,
      imageSize: 224,
      decoder: { width: 512, depth: 8, heads: 16, mlpWidth: 2048 },
    },
  ],
  [
    'mae',
    imageEncoderParameters({ imageSize: 196, patchSize: 14, ...huge }),
    { ...huge, patchSize: 14, tubeletSize: 1, tokens: 196, imageSize: 196, decoder: null, hasClassToken: true },
  ],
  [
    'videomae',
    videoAutoencoderParameters({ ...clip, ...small, ...decoder(192, 4, 3) }),
    {
      ...small,
      qkvBias: 'separate',
      tubeletSize: 2,
      tokens: null,
      pixelTargetWidth: 1536,
      decoder: { width: 192, depth: 4, heads: 3, mlpWidth: 768 },
    },
  ],
  [
    'videomae',
    videoAutoencoderParameters({ ...clip, ...large, ...decoder(512, 12, 8) }),
    { ...large, decoder: { width: 512, depth: 12, heads: 8, mlpWidth: 2048 } },
  ],
  [
    'videomae',
    videoAutoencoderParameters({ ...clip, ...huge, ...decoder(640, 12, 8) }),
    { ...huge, decoder: { width: 640, depth: 12, heads: 8, mlpWidth: 2560 } },
  ],
  [
    'mvd-student',
    studentParameters({ ...clip, ...small, ...decoder(384, 2, 6), imageTargetWidth: 768, videoTargetWidth: 1024 }),
    {
      ...small,
      tokens: 1568,
      imageTargetWidth: 768,
      videoTargetWidth: 1024,
      decoder: { width: 384, depth: 2, heads: 6, mlpWidth: 1536 },
    },
  ],
  [
    'mvd-student',
    studentParameters({ ...clip, ...base, ...decoder(768, 2, 12), videoTargetWidth: 768 }),
    {
      ...base,
      imageTargetWidth: null,
      videoTargetWidth: 768,
      decoder: { width: 768, depth: 2, heads: 12, mlpWidth: 3072 },
    },
  ],
  [
    'classifier',
    classifierParameters({ ...clip, ...base, classes: 174, positions: 'space-time', headInitScale: 1 }),
    { ...base, classes: 174, pooling: 'mean', hasClassToken: false },
  ],
]

describe('published models', () => {
  it.each(models)('%s', (layout, specs, sizes) => {
    const found = recognise(shapesOf(specs), 'x.pth')
    expect(found).toMatchObject({ layout, isHuggingFace: false, sizes })
    expect(found.report.matched.map(({ published }) => published).toSorted()).toEqual(
      specs.map(({ name }) => name).toSorted(),
    )
    expect(found.report).toMatchObject({ missing: [], reshaped: [], ignored: [] })
  })

  it('are known inside what training tools put around them', () => {
    const specs = shapesOf(models[5]![1]).map(({ name, shape }) => ({ name: `module.backbone.${name}`, shape }))
    expect(recognise(specs, 'x.pth').report).toMatchObject({ missing: [], ignored: [] })
  })

  it('tell the encoder of a classifier without its head', () => {
    const specs = shapesOf(models[7]![1]).filter(({ name }) => !/^(head|fc_norm)/.test(name))
    expect(recognise(specs, 'x.pth')).toMatchObject({
      layout: 'clip-encoder',
      sizes: { classes: null },
      report: { missing: [], ignored: [] },
    })
  })

  it('leave the number of heads open where no published model has the width', () => {
    const odd = classifierParameters({
      ...clip,
      width: 48,
      depth: 1,
      heads: 3,
      classes: 5,
      positions: 'space-time',
      headInitScale: 1,
    })
    expect(recognise(shapesOf(odd), 'x.pth').sizes.heads).toBeNull()
  })
})

describe('the report', () => {
  const student = shapesOf(
    studentParameters({ ...clip, ...small, ...decoder(384, 2, 6), imageTargetWidth: 768, videoTargetWidth: 768 }),
  )

  it('names what is missing and what is ignored', () => {
    const tensors = [
      ...student.filter(({ name }) => name !== 'norm.bias'),
      { name: 'teacher.head.weight', shape: [5, 5] },
    ]
    expect(recognise(tensors, 'x.pth').report).toMatchObject({
      missing: ['norm.bias'],
      ignored: ['teacher.head.weight'],
      reshaped: [],
    })
  })

  it('names position tables that must be recomputed for another clip', () => {
    const { report } = recognise(student, 'x.pth', { clip: { frames: 16, imageSize: 112 } })
    expect(report.reshaped).toEqual([
      { name: 'pos_embed', from: [1, 1568, 384], to: [1, 392, 384] },
      { name: 'pos_embed_img', from: [1, 1568, 384], to: [1, 392, 384] },
      { name: 'pos_embed_vid', from: [1, 1568, 384], to: [1, 392, 384] },
    ])
    expect(report.matched).toHaveLength(student.length - 3)
    expect(report.ignored).toEqual([])
  })

  it('names tensors that do not fit the others', () => {
    const tensors = student.map((tensor) =>
      tensor.name === 'blocks.3.mlp.fc1.weight' ? { ...tensor, shape: [1000, 384] } : tensor,
    )
    expect(recognise(tensors, 'x.pth').report.reshaped).toEqual([
      { name: 'blocks.3.mlp.fc1.weight', from: [1000, 384], to: [1536, 384] },
    ])
  })
})

function refusal(tensors: readonly NamedShape[], options = {}): unknown {
  try {
    return recognise(tensors, 'x.pth', options)
  } catch (error) {
    return String(error)
  }
}

describe('refusals', () => {
  it('of a file of something else', () => {
    expect(refusal([{ name: 'conv1.weight', shape: [64, 3, 7, 7] }])).toMatchInlineSnapshot(
      `"StudioError: x.pth is not a model of a known layout: it has 1 tensor (conv1.weight)."`,
    )
    expect(refusal([])).toMatchInlineSnapshot(
      `"StudioError: x.pth is not a model of a known layout: it has no tensors."`,
    )
  })
  it('of a clip that does not split into tokens', () => {
    expect(refusal(shapesOf(models[5]![1]), { clip: { frames: 16, imageSize: 100 } })).toMatchInlineSnapshot(
      `"StudioError: A clip of 16 frames of 100 px cannot be split into the checkpoint's tubelets of 2 frames and patches of 16 px."`,
    )
  })
  it('of a config.json of another model', async () => {
    const path = recorded('huggingface/videomae-pretraining')
    const config = parseHuggingFaceConfig(readFileSync(join(path, 'config.json'), 'utf8'), 'config.json')
    await using file = await SafetensorsReader.open(join(path, 'model.safetensors'))
    expect(refusal(file.entries, { config: { ...config, num_hidden_layers: 3 } })).toMatchInlineSnapshot(
      `"StudioError: The config.json of x.pth has num_hidden_layers 3, but the tensors have 2."`,
    )
    const images = parseHuggingFaceConfig(
      readFileSync(recorded('huggingface/vit-mae/config.json'), 'utf8'),
      'config.json',
    )
    expect(refusal(file.entries, { config: images })).toMatchInlineSnapshot(
      `"StudioError: The config.json of x.pth describes a vit_mae model, but the tensors are those of another model."`,
    )
  })
  it.each([
    ['{', 'config.json is not JSON.'],
    [
      '{"model_type":"videomae","hidden_act":"relu"}',
      'config.json has the unsupported activation relu; gelu is supported.',
    ],
    ['{"model_type":"vit_mae","num_channels":1}', 'config.json has 1 colour channels; 3 are supported.'],
    ['{"hidden_size":5}', 'config.json describes a model of the unsupported type unknown.'],
  ])('of the config %s', (text, message) => {
    expect(() => parseHuggingFaceConfig(text, 'config.json')).toThrow(message)
  })
})

describe('files', () => {
  it.each([
    ['mae.pth', 'mae', 8],
    ['videomae.pth', 'videomae', 8],
    ['mvd-student.pth', 'mvd-student', 16],
    ['mvd-student-legacy.pth', 'mvd-student', 16],
    ['classifier-deepspeed-half.pth', 'classifier', 16],
    ['classifier-deepspeed-bfloat16.pth', 'classifier', 16],
  ])('%s holds a whole model', async (name, layout, width) => {
    await using file = await openTensorFile(recorded(`checkpoints/${name}`))
    const found = recognise(file.entries, name)
    expect(found).toMatchObject({ layout, sizes: { width }, report: { missing: [], reshaped: [], ignored: [] } })
  })

  it.each([
    [
      'huggingface/videomae-pretraining',
      'videomae',
      {
        heads: 3,
        epsilon: 1e-12,
        headNormEpsilon: 1e-5,
        hasEncoderNorm: false,
        imageSize: 16,
        frames: 4,
        qkvBias: 'separate',
      },
    ],
    [
      'huggingface/videomae-classification',
      'classifier',
      { heads: 3, classes: 5, pooling: 'mean', headNormEpsilon: 1e-5 },
    ],
    [
      'huggingface/vit-mae',
      'mae',
      {
        heads: 3,
        epsilon: 1e-12,
        headNormEpsilon: 1e-12,
        imageSize: 16,
        frames: 1,
        qkvBias: 'joint',
        decoder: { width: 8, depth: 1, heads: 2, mlpWidth: 32 },
      },
    ],
    ['huggingface-videomae-norm', 'videomae', { hasEncoderNorm: true, qkvBias: 'none', tubeletSize: 1, mlpWidth: 40 }],
    ['huggingface-first-token', 'classifier', { pooling: 'first', classes: 3 }],
    ['huggingface-vit-mae-raw', 'mae', { decoder: { width: 12, depth: 2, heads: 2, mlpWidth: 20 } }],
  ])('%s holds a whole model', async (name, layout, sizes) => {
    const path = recorded(name)
    const config = parseHuggingFaceConfig(readFileSync(join(path, 'config.json'), 'utf8'), 'config.json')
    await using file = await SafetensorsReader.open(join(path, 'model.safetensors'))
    const found = recognise(file.entries, path, { config })
    expect(found).toMatchObject({
      layout,
      isHuggingFace: true,
      sizes,
      report: { missing: [], reshaped: [], ignored: [] },
    })
    const tensors = await readMatched(found.report, (name) => file.read(name))
    expect(Object.keys(tensors)).toHaveLength(found.report.matched.length)
    expect(Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0)).toBe(
      file.entries.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    )
  })
})
