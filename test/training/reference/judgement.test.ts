import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { ReferenceResult } from '#contract/domain/reference.ts'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { runReference } from '#training/reference/run.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'
import { recorded } from './recorded.ts'

const root = mkdtempSync(join(tmpdir(), 'mvd-studio-reference-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folder = ''
let count = 0
beforeEach(() => {
  folder = join(root, String(++count))
  mkdirSync(folder)
})

const judge = (engine: 'wasm' | 'cpu' = 'wasm'): Promise<ReferenceResult[]> =>
  runReference({ directory: folder, engine }, () => {}, AbortSignal.timeout(60_000))
const problem = async () => (await judge())[0]?.problem
const worst = async (measure: string) => (await judge())[0]?.worst.find((entry) => entry.measure === measure)

function copyCase(name: string): void {
  cpSync(recorded(name), folder, { recursive: true })
}

type Document = { config: Record<string, unknown> } & Record<string, unknown>

function changeCase(change: (document: Document) => void): void {
  const document = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Document
  change(document)
  writeFileSync(join(folder, 'case.json'), JSON.stringify(document))
}

async function changeTensors(file: string, change: (tensors: Record<string, HostTensor>) => void): Promise<void> {
  const path = join(folder, file)
  const tensors = await readSafetensors(path)
  change(tensors)
  rmSync(path)
  await writeSafetensors(path, tensorSources(tensors))
}

const scale = (name: string, factor: number) => (tensors: Record<string, HostTensor>) =>
  tensors[name]!.data.forEach((value, index, data) => (data[index] = value * factor))

describe('a case fails with the tensor that is too far', () => {
  it.each([
    ['prediction', 1 + 3e-5, 'outputs', 'prediction'],
    ['loss', 1 + 3e-5, 'losses', 'loss'],
    ['grad.decoder_embed.weight', 1 + 3e-4, 'gradients', 'decoder_embed.weight'],
    ['after.norm.weight', 1 + 1e-3, 'updates', 'norm.weight'],
  ])('when %s was another', async (name, factor, measure, tensor) => {
    copyCase('mae-odd-sizes')
    await changeTensors('expected.safetensors', scale(name, factor))
    const [result] = await judge()
    expect(result!.passed).toBe(false)
    expect(result!.worst.filter(({ passed }) => !passed).map((entry) => [entry.measure, entry.tensor])).toEqual([
      [measure, tensor],
    ])
  })

  it('when there is no number to compare', async () => {
    copyCase('mae-odd-sizes')
    await changeTensors('expected.safetensors', scale('prediction', Number.NaN))
    expect(await worst('outputs')).toEqual({
      measure: 'outputs',
      tensor: 'prediction',
      error: null,
      tolerance: 1e-5,
      passed: false,
    })
  })

  it('when a schedule has another rate', async () => {
    const schedules = JSON.parse(readFileSync(recorded('schedules.json'), 'utf8')) as { cosine: { values: number[] }[] }
    schedules.cosine[1]!.values[3]! *= 1 + 1e-9
    writeFileSync(join(folder, 'schedules.json'), JSON.stringify(schedules))
    expect(await worst('rates')).toMatchObject({ tensor: 'cosine.1', passed: false })
  })

  it('when one number of a PyTorch file is another', async () => {
    cpSync(recorded('checkpoints/mae.pth'), join(folder, 'mae.pth'))
    cpSync(recorded('checkpoints/mae.expected.safetensors'), join(folder, 'mae.expected.safetensors'))
    await changeTensors('mae.expected.safetensors', (tensors) => (tensors['norm.bias']!.data[0]! += 1e-6))
    expect(await worst('tensors')).toMatchObject({ tensor: 'norm.bias', passed: false })
  })
})

describe('a case that cannot be compared fails with a message', () => {
  it.each<[string, () => unknown, string]>([
    [
      'an unknown field',
      () => changeCase((document) => (document['dropPath'] = 0.1)),
      'case.json has the unknown field dropPath.',
    ],
    [
      'an unknown field of the configuration',
      () => changeCase(({ config }) => (config['layerScale'] = 1)),
      'case.json has the unknown field config.layerScale.',
    ],
    [
      'an unknown model',
      () => changeCase((document) => (document['model'] = 'jepa')),
      'case.json has the unknown model "jepa"; supported models are mae, videomae, mvd-student, classifier.',
    ],
    [
      'an unknown optimizer',
      () => changeCase((document) => ((document['optimizer'] as Record<string, unknown>)['name'] = 'sgd')),
      'case.json: optimizer.name: Invalid input: expected "adamw".',
    ],
    [
      'a missing size',
      () => changeCase(({ config }) => delete config['depth']),
      'case.json lacks the field config.depth.',
    ],
    [
      'fewer learning rates than steps',
      () => changeCase((document) => ((document['optimizer'] as Record<string, unknown>)['steps'] = 3)),
      'case.json has 3 steps but 2 learning rates.',
    ],
    [
      'another depth than the weights',
      () => changeCase(({ config }) => (config['depth'] = 2)),
      'weights.safetensors has no tensor blocks.1.norm1.weight, which the model needs. Use a complete copy of the model, or another one.',
    ],
    [
      'another mlpRatio than the weights',
      () => changeCase(({ config }) => (config['mlpRatio'] = 4)),
      'case.json has mlpRatio 4 for the width 12, but the MLP in the weights has the width 30.',
    ],
    [
      'heads that do not divide the width',
      () => changeCase(({ config }) => (config['heads'] = 3)),
      'case.json: 3 heads do not divide the width 20.',
    ],
    [
      'another bias than the weights',
      () => changeCase(({ config }) => (config['qkvBias'] = 'split')),
      'case.json has qkvBias split, but the weights have a joint one.',
    ],
    [
      'another weight decay than the studio gives',
      () => changeCase((document) => ((document['weightDecays'] as Record<string, number>)['norm.weight'] = 0.05)),
      'case.json lists 0.05 for norm.weight under weightDecays; the studio has 0.',
    ],
    [
      'a parameter without its learning-rate scale',
      () => changeCase((document) => delete (document['lrScales'] as Record<string, number>)['norm.weight']),
      'case.json lacks norm.weight under lrScales.',
    ],
    [
      'an input of another shape',
      () =>
        changeTensors(
          'inputs.safetensors',
          (tensors) => (tensors['noise'] = { shape: [3, 8], dtype: 'float32', data: new Float32Array(24) }),
        ),
      'The input noise has the shape [3, 8]; case.json requires [3, 9].',
    ],
    [
      'an unknown input',
      () => changeTensors('inputs.safetensors', (tensors) => (tensors['dropPath'] = tensors['noise']!)),
      'inputs.safetensors has the unknown tensor dropPath.',
    ],
    [
      'a tensor that the model does not have',
      () =>
        changeTensors('weights.safetensors', (tensors) => (tensors['blocks.0.ls1.gamma'] = tensors['norm.weight']!)),
      'weights.safetensors holds blocks.0.ls1.gamma, which is not a tensor of the model.',
    ],
    [
      'a missing weight',
      () => changeTensors('weights.safetensors', (tensors) => delete tensors['norm.weight']),
      'weights.safetensors has no tensor norm.weight, which the model needs. Use a complete copy of the model, or another one.',
    ],
    [
      'an expectation that nothing meets',
      () => changeTensors('expected.safetensors', (tensors) => (tensors['latent'] = tensors['loss']!)),
      'expected.safetensors holds latent, which the studio does not compute.',
    ],
    [
      'no recorded losses',
      () => changeTensors('expected.safetensors', (tensors) => delete tensors['losses']),
      'expected.safetensors holds no tensor losses.',
    ],
    ['no case at all', () => writeFileSync(join(folder, 'case.json'), '{ "model": '), 'case.json is not JSON.'],
    [
      'no weights',
      () => rmSync(join(folder, 'weights.safetensors')),
      'There is no file <folder>/weights.safetensors. Check the path.',
    ],
  ])('%s', async (_, change, sentence) => {
    copyCase('mae-odd-sizes')
    await change()
    expect(
      (await problem())?.replaceAll(folder, '<folder>').replace(' Correct the case, or record it again.', ''),
    ).toBe(sentence)
  })

  it('an uneven mask', async () => {
    copyCase('student-of-video-alone')
    await changeTensors('inputs.safetensors', ({ mask }) => (mask!.data[mask!.data.indexOf(0)] = 1))
    expect(await problem()).toMatchInlineSnapshot(
      `"The mask hides more tokens of one sample than of another. Correct the case, or record it again."`,
    )
  })

  it('a student without a teacher', async () => {
    copyCase('student-of-video-alone')
    changeCase(({ config }) => delete config['videoTeacher'])
    expect(await problem()).toMatchInlineSnapshot(`"case.json names no teacher. Correct the case, or record it again."`)
  })

  it('a Hugging Face model of another kind', async () => {
    copyCase('huggingface-first-token')
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, model_type: 'timesformer' }))
    expect(await problem()).toMatchInlineSnapshot(
      `"config.json describes a model of the unsupported type timesformer. Use a VideoMAE or ViTMAE model as the transformers library saves it."`,
    )
  })

  it('a Hugging Face model that lacks a tensor', async () => {
    copyCase('huggingface-first-token')
    await changeTensors(
      'model.safetensors',
      (tensors) => delete tensors['videomae.encoder.layer.0.attention.attention.key.weight'],
    )
    expect(await problem()).toMatchInlineSnapshot(
      `"model.safetensors has incomplete attention weights in its first block. Use a complete checkpoint."`,
    )
  })

  it('an expectation without its PyTorch file', async () => {
    cpSync(recorded('checkpoints/mae.expected.safetensors'), join(folder, 'mae.expected.safetensors'))
    expect((await problem())?.replaceAll(folder, '<folder>')).toMatchInlineSnapshot(
      `"There is no file <folder>/mae.pth. Check the path."`,
    )
  })
})

describe('runReference', () => {
  it('goes on after a case that fails, and reports each', async () => {
    cpSync(recorded('huggingface-first-token'), join(folder, 'b'), { recursive: true })
    cpSync(recorded('huggingface-first-token'), join(folder, 'a', 'deep'), { recursive: true })
    writeFileSync(join(folder, 'a', 'deep', 'config.json'), '{}')
    const reported: [string, boolean, number, number][] = []
    await runReference(
      { directory: folder, engine: 'cpu' },
      ({ name, passed }, done, total) => reported.push([name, passed, done, total]),
      AbortSignal.timeout(60_000),
    )
    expect(reported).toEqual([
      [join('a', 'deep'), false, 1, 2],
      ['b', true, 2, 2],
    ])
  })

  it('stops when it is asked to', async () => {
    copyCase('huggingface-first-token')
    await expect(runReference({ directory: folder, engine: 'cpu' }, () => {}, AbortSignal.abort())).rejects.toThrow(
      'aborted',
    )
  })
})
