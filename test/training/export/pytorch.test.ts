import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PyTorchReader } from '#training/checkpoint/formats/pytorch/reader.ts'
import { findPython, notRun } from '../../support/not-run.ts'
import { checkpointOf, exportTo, type Sample, specsOf, temporaryFolder, weightsOf } from './support.ts'

/** Key patterns of the published checkpoints (docs/method.md, Checkpoint layouts), for two encoder blocks and one decoder block. */
const block = (bias: 'joint' | 'separate') => [
  'norm1.weight',
  'norm1.bias',
  ...(bias === 'joint' ? ['attn.qkv.bias'] : ['attn.q_bias', 'attn.v_bias']),
  'attn.qkv.weight',
  'attn.proj.weight',
  'attn.proj.bias',
  'norm2.weight',
  'norm2.bias',
  'mlp.fc1.weight',
  'mlp.fc1.bias',
  'mlp.fc2.weight',
  'mlp.fc2.bias',
]
const blocks = (prefix: string, count: number, bias: 'joint' | 'separate' = 'separate') =>
  Array.from({ length: count }, (_, index) => block(bias).map((name) => `${prefix}${index}.${name}`)).flat()
const layer = (name: string) => [`${name}.weight`, `${name}.bias`]
const branch = (name: 'img' | 'vid') => [
  `mask_token_${name}`,
  `pos_embed_${name}`,
  ...layer(`down_${name}`),
  ...blocks(`decoder_${name}.blocks.`, 1),
  ...layer(`decoder_${name}.norm`),
  ...layer(`decoder_${name}.head`),
]

const keys: Record<Exclude<Sample, 'flat'>, string[]> = {
  student: [
    'pos_embed',
    ...layer('patch_embed.proj'),
    ...blocks('blocks.', 2),
    ...layer('norm'),
    ...branch('img'),
    ...branch('vid'),
  ],
  'space-time': [...layer('patch_embed.proj'), ...blocks('blocks.', 2), ...layer('fc_norm'), ...layer('head')],
  'video-teacher': [
    'mask_token',
    ...layer('encoder.patch_embed.proj'),
    ...blocks('encoder.blocks.', 2),
    ...layer('encoder.norm'),
    ...blocks('decoder.blocks.', 1),
    ...layer('decoder.norm'),
    ...layer('decoder.head'),
    'encoder_to_decoder.weight',
  ],
  'image-teacher': [
    'cls_token',
    'pos_embed',
    ...layer('patch_embed.proj'),
    ...blocks('blocks.', 2, 'joint'),
    ...layer('norm'),
    'mask_token',
    'decoder_pos_embed',
    ...layer('decoder_embed'),
    ...blocks('decoder_blocks.', 1, 'joint'),
    ...layer('decoder_norm'),
    ...layer('decoder_pred'),
  ],
}

describe('a PyTorch export', () => {
  it.each(Object.keys(keys) as (keyof typeof keys)[])('of a %s has exactly the published keys', async (sample) => {
    const path = join(temporaryFolder(), 'model.pth')
    await exportTo(await checkpointOf(sample, { licenceNotes: ['CC BY-NC 4.0.'] }), 'pytorch', path)
    await using file = await PyTorchReader.open(path)
    expect(file.modelKey).toBe('model')
    expect(file.entries.map(({ name }) => name).toSorted()).toEqual(keys[sample].toSorted())
    expect(await file.readAll()).toEqual(weightsOf(sample))
    expect(file.beside).toMatchObject([
      { name: 'licence', value: 'CC BY-NC 4.0.' },
      { name: 'metadata', value: { producer: 'MVD Studio', step: '10' } },
    ])
  })
})

const { python, missing } = findPython('torch')

const load = `
import json, sys, torch
content = torch.load(sys.argv[1], weights_only=True)
# What the published code does: the first of model, module, or the whole.
model = next((content[key] for key in ("model", "module") if key in content), content)
print(json.dumps([{name: list(tensor.shape) for name, tensor in model.items()}, content["licence"], sorted(content["metadata"])]))
`

describe('PyTorch', () => {
  notRun(missing)
  it('loads the export of a student, weights only', async () => {
    const path = join(temporaryFolder(), 'model.pth')
    await exportTo(await checkpointOf('student', { licenceNotes: ['CC BY-NC 4.0.'] }), 'pytorch', path)
    const [model, licence, metadata] = JSON.parse(
      execFileSync(python, ['-W', 'ignore', '-c', load, path], { encoding: 'utf8' }),
    )
    expect(model).toEqual(Object.fromEntries(specsOf('student').map(({ name, shape }) => [name, shape])))
    expect(licence).toBe('CC BY-NC 4.0.')
    expect(metadata).toContain('configuration')
  })
})
