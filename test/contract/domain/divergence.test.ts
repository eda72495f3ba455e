import { expect, test } from 'vitest'
import { framesText, layerNorms, layerOf } from '#contract/domain/divergence.ts'

test.each([
  ['blocks.3.attn.qkv.weight', 'blocks.3'],
  ['encoder.blocks.11.norm1.bias', 'encoder.blocks.11'],
  ['decoder_blocks.0.mlp.fc1.weight', 'decoder_blocks.0'],
  ['decoder_image.blocks.2.attn.proj.weight', 'decoder_image.blocks.2'],
  ['patch_embed.proj.weight', 'patch_embed.proj'],
  ['head.weight', 'head'],
  ['cls_token', 'cls_token'],
])('%s belongs to the layer %s', (parameter, layer) => expect(layerOf(parameter)).toBe(layer))

test('norms of layers are those of all their parameters, in the order of the model', () => {
  const norms = new Map([
    ['head.weight', 1],
    ['blocks.0.b', 4],
    ['blocks.0.a', 3],
  ])
  expect([...layerNorms(norms, ['blocks.0.a', 'blocks.0.b', 'unused', 'head.weight'])]).toEqual([
    ['blocks.0', 5],
    ['head', 1],
  ])
})

test.each([
  [[], ''],
  [[7], '7'],
  [[0, 1, 2, 3], '0–3'],
  [[12, 16, 20, 24], '12, 16, …, 24'],
  [[3, 9, 10], '3, 9, 10'],
  [[5, 5, 5], '5, 5, 5'],
])('the frames %j are written as %s', (frames, text) => expect(framesText(frames)).toBe(text))
