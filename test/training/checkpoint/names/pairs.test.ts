import { describe, expect, it } from 'vitest'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { videoMaeClassifierPairs, videoMaePairs } from '#training/checkpoint/names/huggingface-videomae.ts'
import { decoderBlockNames, vitMaePairs } from '#training/checkpoint/names/huggingface-vit-mae.ts'
import { fromPublished, toPublished } from '#training/checkpoint/names/pairs.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'
import { recorded } from '../../reference/recorded.ts'

const matrix = (rows: number, columns: number, first: number): HostTensor => ({
  shape: [rows, columns],
  dtype: 'float32',
  data: Float32Array.from({ length: rows * columns }, (_, index) => first + index),
})

describe('names of the transformers library', () => {
  it.each([
    ['videomae-pretraining', videoMaePairs(2, 1)],
    ['videomae-classification', videoMaeClassifierPairs(2)],
    ['vit-mae', vitMaePairs(2, 1, 'vit.', decoderBlockNames[1])],
  ])('%s goes to the published names and comes back as it was', async (name, pairs) => {
    const theirs = await readSafetensors(recorded(`huggingface/${name}/model.safetensors`))
    const published = toPublished(pairs, theirs)
    expect(fromPublished(pairs, published)).toEqual(theirs)
    // Three matrices become one in each block, and in ViTMAE three biases as well.
    const blocks = Object.keys(published).filter((tensor) => tensor.endsWith('attn.qkv.weight')).length
    expect(Object.keys(published)).toHaveLength(Object.keys(theirs).length - blocks * (name === 'vit-mae' ? 4 : 2))
  })

  it('puts queries, keys and values one below the other', () => {
    const part = 'vit.encoder.layer.0.attention.attention.'
    const published = toPublished(vitMaePairs(1, 0), {
      [`${part}query.weight`]: matrix(2, 2, 0),
      [`${part}key.weight`]: matrix(2, 2, 4),
      [`${part}value.weight`]: matrix(2, 2, 8),
    })
    expect(published).toEqual({ 'blocks.0.attn.qkv.weight': matrix(6, 2, 0) })
  })

  it('leaves out what lacks a part', () => {
    expect(
      toPublished(vitMaePairs(1, 0), { 'vit.encoder.layer.0.attention.attention.query.weight': matrix(2, 2, 0) }),
    ).toEqual({})
  })

  it('names each tensor once, in both ways in which decoders are written', () => {
    for (const pairs of [
      videoMaePairs(3, 2),
      videoMaeClassifierPairs(3),
      ...decoderBlockNames.map((blocks) => vitMaePairs(3, 2, 'vit.', blocks)),
    ]) {
      const published = pairs.map((pair) => pair.published)
      const parts = pairs.flatMap((pair) => pair.parts)
      expect([new Set(published).size, new Set(parts).size]).toEqual([published.length, parts.length])
    }
  })
})
