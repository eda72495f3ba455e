import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { ModelImportRequest } from '#contract/domain/imported-model.ts'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { loadModel, openModel } from '#training/checkpoint/open-model.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { classifierParameters, classify } from '#training/model/classifier.ts'
import { classifierConfig } from '#training/model/layouts/classifier.ts'
import { selectParameters } from '#training/model/parameters.ts'
import { tokenCount } from '#training/model/patches.ts'
import { flatPositions, imagePositions, spaceTimePositions } from '#training/model/positions.ts'
import { frozenEncoder, requireFit, type TrainedModel } from '#training/model/trained-model.ts'
import { infer } from '#training/reference/infer.ts'
import { distance } from '#training/reference/ledger.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { importModel } from '#training/tasks/import-model.ts'
import type { HostTensor, NamedHostTensors } from '#training/tensor/host-tensor.ts'
import { recorded } from '../reference/recorded.ts'

const folder = mkdtempSync(join(tmpdir(), 'trained-models-'))
let engine: Engine
beforeAll(async () => {
  engine = await createEngine('cpu')
})
afterAll(async () => {
  await engine.dispose()
  rmSync(folder, { recursive: true })
})

let count = 0
async function imported(path: string, answers: Partial<ModelImportRequest> = {}): Promise<TrainedModel> {
  const name = `m${count++}`
  await importModel({ folder, name, path: recorded(path), ...answers }, () => undefined, new AbortController().signal)
  await using saved = await openModel(join(folder, name))
  return await loadModel(saved)
}
const numbersOf = async (path: string): Promise<{ inputs: NamedHostTensors; expected: NamedHostTensors }> => ({
  inputs: await readSafetensors(recorded(join(path, 'inputs.safetensors'))),
  expected: await readSafetensors(recorded(join(path, 'expected.safetensors'))),
})

/** The clip of the recorded models. */
const clip: ClipConfiguration = { frames: 4, frameStride: 1, imageSize: 16, patchSize: 4, tubeletSize: 2 }
const { frameStride: _, ...geometry } = clip

describe('imported models compute what was recorded of them', () => {
  it('VideoMAE as a teacher', async () => {
    const { inputs, expected } = await numbersOf('huggingface/videomae-pretraining')
    const teacher = frozenEncoder(await imported('huggingface/videomae-pretraining'), clip)
    const { features } = await infer(
      engine,
      'teacher',
      teacher.parameters,
      { video: inputs['video']! },
      (weights, input) => ({ features: teacher.features(weights, input('video')) }),
    )
    expect(features.shape).toEqual(expected['last_block']!.shape)
    expect(distance(features.data, expected['last_block']!.data)).toBeLessThan(1e-5)
  })

  it('MAE as a teacher, on the first frame of each tubelet', async () => {
    const { inputs, expected } = await numbersOf('huggingface/vit-mae')
    const teacher = frozenEncoder(await imported('huggingface/vit-mae'), { ...clip, frames: 2 })
    const image = inputs['image']!
    const { features } = await infer(
      engine,
      'teacher',
      teacher.parameters,
      { video: repeated(image, 2) },
      (weights, input) => ({ features: teacher.features(weights, input('video')) }),
    )
    const lastBlock = expected['last_block']!
    const [batch = 0, tokens = 0, width = 0] = lastBlock.shape
    expect(features.shape).toEqual([batch, tokens - 1, width])
    expect(distance(features.data, withoutFirstToken(lastBlock, batch, tokens, width))).toBeLessThan(1e-5)
  })

  it('a fine-tuned VideoMAE as a classifier', async () => {
    const { inputs, expected } = await numbersOf('huggingface/videomae-classification')
    const trained = await imported('huggingface/videomae-classification')
    requireFit('test', trained, clip)
    const config = classifierConfig(trained.model, clip, trained.origin)
    const { logits } = await infer(
      engine,
      'classifier',
      trained.parameters,
      { video: inputs['video']! },
      (weights, input) => ({ logits: classify(config, weights, input('video')) }),
    )
    expect(distance(logits.data, expected['logits']!.data)).toBeLessThan(1e-5)
  })
})

describe('a learned position table', () => {
  it('takes the place of the computed one', async () => {
    const { inputs, expected } = await numbersOf('huggingface/videomae-classification')
    const trained = await imported('huggingface/videomae-classification')
    const { width } = trained.model.sizes
    const tokens = tokenCount(geometry)
    const logitsWith = async (data: Float32Array) => {
      const model = { ...trained.model, family: null, hasLearnedPositions: true }
      const config = classifierConfig(model, clip, trained.origin)
      const parameters = selectParameters(
        classifierParameters(config),
        { ...trained.parameters, pos_embed: { shape: [1, tokens, width], dtype: 'float32', data } },
        trained.origin,
      )
      const found = await infer(engine, 'classifier', parameters, { video: inputs['video']! }, (weights, input) => ({
        logits: classify(config, weights, input('video')),
      }))
      return distance(found.logits.data, expected['logits']!.data)
    }
    // The table that VideoMAE computes, as if it had been learned, gives the recorded logits; another one does not.
    expect(await logitsWith(flatPositions(width, tokens))).toBeLessThan(1e-5)
    expect(await logitsWith(spaceTimePositions(width, [2, 4, 4]).map((value) => value / 2))).toBeGreaterThan(1e-3)
  })
})

describe('a teacher takes the grid of the clip', () => {
  it('by another crop where its patch is another', async () => {
    const trained = await imported('checkpoints/mae.pth', { heads: 4 })
    const teacher = frozenEncoder(trained, { ...clip, imageSize: 32, patchSize: 8 })
    expect(teacher.geometry).toEqual({ imageSize: 16, patchSize: 4, frames: 4, tubeletSize: 2 })
    expect(teacher.parameters['pos_embed']).toBe(trained.parameters['pos_embed'])
  })

  it('by a recomputed position table if its own is for another grid', async () => {
    const trained = await imported('checkpoints/mae.pth', { heads: 4 })
    const { parameters } = frozenEncoder(trained, { ...clip, imageSize: 24 })
    expect(parameters['pos_embed']).toEqual({ shape: [1, 37, 8], dtype: 'float32', data: imagePositions(8, 6) })
  })

  it('an MVD student and a classifier as well', async () => {
    const student = frozenEncoder(await imported('checkpoints/mvd-student.pth', { heads: 4, decoderHeads: 4 }), clip)
    expect(student).toMatchObject({ geometry, width: 16 })
    expect(Object.keys(student.parameters).every((name) => /^(patch_embed|blocks)\./.test(name))).toBe(true)
    const classifier = frozenEncoder(
      await imported('checkpoints/classifier-deepspeed-half.pth', { heads: 2, family: 'videomae' }),
      clip,
    )
    expect(classifier.geometry).toEqual(geometry)
    expect(Object.keys(classifier.parameters).filter((name) => name.endsWith('mlp.fc1.weight'))).toHaveLength(2)
  })

  it('unless its number of heads is unknown', async () => {
    const trained = await imported('checkpoints/mae.pth')
    expect(() => frozenEncoder(trained, clip)).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: m8 has an unknown number of attention heads.]`,
    )
  })
})

/** A clip of `frames` equal frames: [B, 3, H, W] -> [B, 3, T, H, W]. */
function repeated({ shape, data }: HostTensor, frames: number): HostTensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape
  const pixels = height * width
  return {
    shape: [batch, channels, frames, height, width],
    dtype: 'float32',
    data: Float32Array.from(
      { length: data.length * frames },
      (_, index) => data[Math.floor(index / (frames * pixels)) * pixels + (index % pixels)] ?? 0,
    ),
  }
}

const withoutFirstToken = ({ data }: HostTensor, batch: number, tokens: number, width: number): Float32Array =>
  Float32Array.from({ length: batch * (tokens - 1) * width }, (_, index) => {
    const sample = Math.floor(index / ((tokens - 1) * width))
    return data[sample * tokens * width + width + (index % ((tokens - 1) * width))] ?? 0
  })
