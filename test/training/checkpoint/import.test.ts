import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  importedModel,
  type ImportedModel,
  importWarnings,
  type ModelImportRequest,
  questionsOf,
} from '#contract/domain/imported-model.ts'
import { hashFile } from '#node/hash.ts'
import { saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { openModel } from '#training/checkpoint/open-model.ts'
import { classifierParameters } from '#training/model/classifier.ts'
import { imageEncoderParameters } from '#training/model/image-autoencoder.ts'
import { createModel } from '#training/model/layouts.ts'
import { flatPositions, spaceTimePositions } from '#training/model/positions.ts'
import { studentParameters } from '#training/model/student.ts'
import { freshParameters } from '#training/stages/optimization.ts'
import { importModel } from '#training/tasks/import-model.ts'
import type { HostTensor, NamedHostTensors } from '#training/tensor/host-tensor.ts'
import { recorded } from '../reference/recorded.ts'
import { description } from './sample.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imports-'))
})
afterEach(() => rm(folder, { recursive: true }))

const clip = { frames: 8, tubeletSize: 2, imageSize: 32, patchSize: 8 }
const stack = { width: 32, depth: 1, heads: 2 }
const mae = freshParameters(imageEncoderParameters({ imageSize: 32, patchSize: 8, ...stack }), 1)
const student = freshParameters(
  studentParameters({ ...clip, ...stack, decoderWidth: 16, decoderDepth: 1, decoderHeads: 1, videoTargetWidth: 8 }),
  2,
)
const classifier = freshParameters(
  classifierParameters({ ...clip, ...stack, classes: 2, positions: 'flat', headInitScale: 1 }),
  3,
)

async function write(name: string, tensors: NamedHostTensors, metadata: Record<string, string> = {}): Promise<string> {
  const path = join(folder, name)
  await writeSafetensors(path, tensorSources(tensors), metadata)
  return path
}

const take = (
  path: string,
  answers: Partial<ModelImportRequest> = {},
  signal = new AbortController().signal,
): Promise<ImportedModel> =>
  importModel({ folder: join(folder, 'imports'), path, name: 'x', ...answers }, () => undefined, signal)
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'not refused',
    (cause: unknown) => String(cause).replaceAll(folder, '<folder>').replaceAll(recorded(), '<recorded>'),
  )
const renamed = (tensors: NamedHostTensors, rename: (name: string) => string): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]))
const noise = ({ shape }: HostTensor): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => Math.sin(index)),
})

describe('an import', () => {
  it('holds the tensors under their published names and says what they are; the source stays as it is', async () => {
    const path = await write('mae.safetensors', mae)
    const before = await hashFile(path)
    const card = await take(path, { heads: 2 })
    expect(
      importedModel.parse(JSON.parse(await readFile(join(folder, 'imports', 'x', 'import.json'), 'utf8'))),
    ).toEqual(card)
    expect(card).toMatchObject({
      name: 'x',
      model: {
        layout: 'mae',
        family: 'mae',
        hasLearnedPositions: false,
        sizes: { width: 32, depth: 1, heads: 2, patchSize: 8, imageSize: 32, decoder: null },
      },
      source: { path, format: 'safetensors', files: [{ name: path, sha256: before }] },
      report: { missing: [], ignored: [], dtypes: { F32: Object.keys(mae).length } },
    })
    expect(card.licenceNotes[0]).toContain('CC BY-NC 4.0')
    await using saved = await openModel(join(folder, 'imports', 'x'))
    expect(saved).toMatchObject({
      origin: 'x',
      model: card.model,
      licenceNotes: card.licenceNotes,
      source: { kind: 'imported-model' },
    })
    expect(await saved.weights.readAll()).toEqual(mae)
    expect([await hashFile(path), await readdir(join(folder, 'imports'))]).toEqual([before, ['x']])
  })

  it('finds a backbone among other things, and leaves those', async () => {
    const wrapped = {
      ...renamed(mae, (name) => `module.backbone.${name}`),
      'module.neck.weight': noise({ shape: [3], dtype: 'float32', data: new Float32Array(3) }),
    }
    const { model, report } = await take(await write('wrapped.safetensors', wrapped), { leaveOut: true })
    expect(model.layout).toBe('mae')
    expect(report.ignored).toEqual(['module.neck.weight'])
    expect(report.matched.find(({ published }) => published === 'blocks.0.attn.qkv.bias')).toEqual({
      published: 'blocks.0.attn.qkv.bias',
      parts: ['module.backbone.blocks.0.attn.qkv.bias'],
    })
  })

  it('tells from the position table for which clip a student was made', async () => {
    const { model } = await take(await write('student.safetensors', student))
    expect(model).toMatchObject({
      layout: 'mvd-student',
      family: 'mvd',
      hasLearnedPositions: false,
      sizes: { frames: 8, imageSize: 32, tokens: 64, videoTargetWidth: 8, imageTargetWidth: null },
    })
  })

  it('tells a learned position table from a computed one', async () => {
    const { model } = await take(await write('learned.safetensors', { ...mae, pos_embed: noise(mae['pos_embed']!) }))
    expect(model).toMatchObject({ hasLearnedPositions: true, sizes: { imageSize: 32, tokens: 16 } })
  })

  it('leaves open what names do not tell, and takes answers', async () => {
    const path = await write('classifier.safetensors', classifier)
    expect((await take(path)).model).toMatchObject({
      layout: 'classifier',
      family: null,
      sizes: { heads: null, classes: 2 },
    })
    expect((await take(path, { name: 'told', family: 'videomae', heads: 2 })).model).toMatchObject({
      family: 'videomae',
      sizes: { heads: 2 },
    })
  })

  it('reports what is missing beside the encoder', async () => {
    const { 'decoder_vid.head.bias': _head, 'decoder_vid.norm.weight': _norm, ...rest } = student
    const card = await take(await write('student.safetensors', rest))
    expect(card.report.missing.toSorted()).toEqual(['decoder_vid.head.bias', 'decoder_vid.norm.weight'])
    expect(importWarnings(card)).toEqual([
      'x has no decoder_vid.norm.weight and decoder_vid.head.bias that fit its model. Use a complete copy of the model, unless only its encoder is needed.',
    ])
  })

  it('warns of a head with another shape than its weights', async () => {
    const bias = noise({ shape: [5], dtype: 'float32', data: new Float32Array(5) })
    expect(importWarnings(await take(await write('odd.safetensors', { ...classifier, 'head.bias': bias })))).toEqual([
      'x has no head.bias that fits its model. Use a complete copy of the model, unless only its encoder is needed.',
    ])
  })

  it('believes the card of a checkpoint from another workspace', async () => {
    const run = join(folder, 'run')
    const model = {
      layout: 'classifier' as const,
      family: 'videomae' as const,
      hasLearnedPositions: false,
      sizes: { ...(await take(await write('c.safetensors', classifier))).model.sizes, heads: 2, epsilon: 1e-5 },
    }
    await saveCheckpoint(
      run,
      { ...description(10), model, licenceNotes: ['from a teacher'] },
      { parameters: classifier, firstMoments: {}, secondMoments: {} },
    )
    const checkpoint = join(run, 'checkpoints', 'step-00000010')
    expect(await take(checkpoint, { name: 'copied' })).toMatchObject({
      model: { family: 'videomae', sizes: { heads: 2, epsilon: 1e-5 } },
      classes: ['bed', 'fall'],
      licenceNotes: ['from a teacher'],
    })
  })

  it('finds the one checkpoint of a folder', async () => {
    await mkdir(join(folder, 'checkpoint-49'))
    await cp(await write('mae.safetensors', mae), join(folder, 'checkpoint-49', 'best.safetensors'))
    await writeFile(join(folder, 'checkpoint-49', 'log.txt'), 'epoch 49')
    const card = await take(join(folder, 'checkpoint-49'))
    expect(card.source.files.map(({ name }) => basename(name))).toEqual(['best.safetensors'])
  })
})

/** Names of VideoMAE in transformers 5. */
const modules5 = (name: string) =>
  name.replace('attention.q_bias', 'attention.query.bias').replace('attention.v_bias', 'attention.value.bias')
/** Names of ViTMAE in transformers 5. */
const images5 = (name: string) =>
  name
    .replace('decoder.decoder_encoder.layer.', 'decoder.decoder_layers.')
    .replace('encoder.layer.', 'layers.')
    .replace(/attention\.attention\.(q|k|v)[a-z]+/, 'attention.$1_proj')
    .replace('attention.output.dense', 'attention.o_proj')
    .replace('intermediate.dense', 'mlp.fc1')
    .replace('output.dense', 'mlp.fc2')

describe('names of the transformers library', () => {
  const saved = recorded('huggingface/videomae-pretraining')
  const viTMae = recorded('huggingface/vit-mae')
  it.each([
    ['VideoMAE of version 5 by state_dict', saved, modules5],
    ['ViTMAE of version 5 by state_dict', viTMae, images5],
    ['VideoMAE inside DistributedDataParallel and torch.compile', saved, (name: string) => `module._orig_mod.${name}`],
    ['ViTMAE inside another model', viTMae, (name: string) => `backbone.encoder.${images5(name)}`],
  ])('%s', async (_name, source, rename) => {
    const tensors = await readSafetensors(join(source, 'model.safetensors'))
    const path = await write('model.safetensors', renamed(tensors, rename))
    await cp(join(source, 'config.json'), join(folder, 'config.json'))
    const [as, expected] = [await take(path, { name: 'as' }), await take(source, { name: 'expected' })]
    expect(as.report).toMatchObject({ missing: [], reshaped: [], ignored: [] })
    expect(as.model).toEqual(expected.model)
    expect(await readSafetensors(join(folder, 'imports/as/model.safetensors'))).toEqual(
      await readSafetensors(join(folder, 'imports/expected/model.safetensors')),
    )
  })

  it('keep the head of a classifier whose names all begin with module.', async () => {
    const source = recorded('huggingface/videomae-classification')
    const tensors = await readSafetensors(join(source, 'model.safetensors'))
    const path = await write(
      'model.safetensors',
      renamed(tensors, (name) => `module.${name}`),
    )
    await cp(join(source, 'config.json'), join(folder, 'config.json'))
    expect(await take(path)).toMatchObject({
      model: { layout: 'classifier', sizes: { classes: 5 } },
      report: { missing: [], ignored: [] },
    })
  })
})

describe('tensors that find no position', () => {
  const extra = { shape: [4], dtype: 'float32' as const, data: new Float32Array(4) }

  it.each([
    ['the head of another task', { 'cls_head.fc_cls.weight': extra }],
    ['a norm beside the encoder', { 'norm_out.weight': extra }],
    ['a bias of a head that is missing', { 'head.bias': extra }],
    ['a head without a known name', { 'linear.weight': extra }],
    ['a scale beside the encoder', { final_scale: extra }],
    ['a decoder of a student', { 'decoder_img.blocks.0.norm1.weight': extra }],
  ])('%s is refused, or left out on request', async (_name, found) => {
    const { 'head.weight': _w, 'head.bias': _b, 'fc_norm.weight': _n, 'fc_norm.bias': _m, ...encoder } = classifier
    const path = await write('extra.safetensors', { ...encoder, ...found })
    expect(await refusal(take(path))).toBe(
      `StudioError: <folder>/extra.safetensors has tensors of a part that a model of its kind (Clip encoder) does not have: ${Object.keys(found)[0]}.`,
    )
    const { report } = await take(path, { leaveOut: true })
    expect(report).toMatchObject({ ignored: Object.keys(found), missing: [] })
  })

  it('inside the encoder are refused even then', async () => {
    const path = await write('scaled.safetensors', { ...classifier, 'blocks.0.gamma_1': extra })
    expect(await refusal(take(path, { leaveOut: true }))).toBe(
      'StudioError: <folder>/scaled.safetensors has tensors in its encoder that a model of its kind (Fine-tuned classifier) does not have: blocks.0.gamma_1.',
    )
  })

  it.each(['blocks.0.attn.step', 'blocks.0.attn.loss_scale'])(
    'inside the encoder are refused although their names are those of training: %s',
    async (name) => {
      const path = await write('scaled.safetensors', { ...classifier, [name]: extra })
      expect(await refusal(take(path))).toBe(
        `StudioError: <folder>/scaled.safetensors has tensors in its encoder that a model of its kind (Fine-tuned classifier) does not have: ${name}.`,
      )
    },
  )

  it('are ignored if they belong to training', async () => {
    const counter = { shape: [1], dtype: 'int32' as const, data: Int32Array.of(3) }
    const path = await write('trained.safetensors', {
      ...classifier,
      'optimizer.state.head.weight.exp_avg': extra,
      'loss.temperature': extra,
      'norm.num_batches_tracked': counter,
    })
    expect((await take(path)).report.ignored.toSorted()).toEqual([
      'loss.temperature',
      'norm.num_batches_tracked',
      'optimizer.state.head.weight.exp_avg',
    ])
  })

  it('two models in one file are refused', async () => {
    const path = await write('both.safetensors', {
      ...renamed(classifier, (name) => `student.${name}`),
      ...renamed(mae, (name) => `teacher.${name}`),
    })
    expect(await refusal(take(path))).toBe(
      'StudioError: <folder>/both.safetensors has 2 models, whose names begin with student., teacher..',
    )
    const twice = await write('twice.safetensors', { ...classifier, 'module.head.bias': classifier['head.bias']! })
    expect(await refusal(take(twice))).toBe(
      'StudioError: <folder>/twice.safetensors has two tensors for head.bias: head.bias and module.head.bias.',
    )
  })
})

describe('the position table of a classifier', () => {
  it('that was learned is kept', async () => {
    const table = noise({ shape: [1, 64, 32], dtype: 'float32', data: new Float32Array(0) })
    const card = await take(await write('learned.safetensors', { ...classifier, pos_embed: table }), { heads: 2 })
    expect(card).toMatchObject({
      model: { layout: 'classifier', family: null, hasLearnedPositions: true, sizes: { tokens: 64 } },
      report: { ignored: [], missing: [] },
    })
    expect(questionsOf(card)).toEqual([])
    expect((await readSafetensors(join(folder, 'imports/x/model.safetensors')))['pos_embed']).toEqual(table)
    const { encode } = createModel(card.model, { frames: 8, imageSize: 32 }, 'x')
    expect(encode).toBeDefined()
  })

  it.each([
    ['videomae', flatPositions(32, 64), { imageSize: null }],
    ['mvd', spaceTimePositions(32, [4, 4, 4]), { frames: 8, imageSize: 32 }],
  ])('that equals the computed one of %s names its family', async (family, data, sizes) => {
    const table = { shape: [1, 64, 32], dtype: 'float32' as const, data }
    expect(await take(await write('computed.safetensors', { ...classifier, pos_embed: table }))).toMatchObject({
      model: { family, hasLearnedPositions: false, sizes: { tokens: null, ...sizes } },
      report: { ignored: [], missing: [], computed: ['pos_embed'] },
    })
  })
})

describe('weights that are not finite', () => {
  it('are counted by tensor, with a warning', async () => {
    const head = { ...classifier['head.weight']!, data: Float32Array.from(classifier['head.weight']!.data) }
    head.data.set([Number.NaN, Number.NaN, Infinity])
    const card = await take(await write('nan.safetensors', { ...classifier, 'head.weight': head }))
    expect(card.report.nonFinite).toEqual([{ name: 'head.weight', nan: 2, infinite: 1 }])
    expect(importWarnings(card)).toEqual([
      'x has weights that are not finite: head.weight (2 NaN, 1 infinite). Use an intact copy of the model, or another one. Training cannot repair such weights.',
    ])
  })
})

describe('a model in several files', () => {
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
  const names = Object.keys(classifier)
  const half = (from: number, to?: number) =>
    Object.fromEntries(names.slice(from, to).map((name) => [name, classifier[name]!]))
  const map = () => Object.fromEntries(names.map((name, index) => [name, index < 5 ? first : second]))
  const writeIndex = (weight_map: object = map()) =>
    writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }))
  async function writeShards() {
    await write(first, half(0, 5))
    await write(second, half(5))
    await writeIndex()
  }

  it('is read by its index, from the folder, the index or one of the files', async () => {
    await writeShards()
    for (const [name, path] of Object.entries({
      folder,
      index: join(folder, 'model.safetensors.index.json'),
      file: join(folder, first),
    })) {
      const card = await take(path, { name })
      expect(card.report).toMatchObject({ missing: [], ignored: [] })
      expect(card.source.files.map((file) => basename(file.name))).toEqual([
        'model.safetensors.index.json',
        first,
        second,
      ])
      expect(await readSafetensors(join(folder, 'imports', name, 'model.safetensors'))).toEqual(classifier)
    }
  })

  it.each<[string, () => Promise<unknown>, string]>([
    ['a missing file', () => rm(join(folder, second)), `names ${second}, which is missing from its folder`],
    [
      'a surplus file',
      () => write('model-00003-of-00003.safetensors', half(0, 1)),
      'does not name model-00003-of-00003.safetensors in its folder',
    ],
    [
      'a tensor that no file holds',
      () => writeIndex({ ...map(), 'blocks.9.norm1.weight': first }),
      `names the tensor blocks.9.norm1.weight, which is not in ${first}`,
    ],
    [
      'a tensor in another file',
      () => writeIndex({ ...map(), [names[0]!]: second }),
      `names ${second} for the tensor ${names[0]}, which is in ${first}`,
    ],
    [
      'a tensor that the index lacks',
      () => writeIndex(Object.fromEntries(Object.entries(map()).slice(1))),
      `does not name the tensor ${names[0]}, which is in ${first}`,
    ],
    [
      'a file elsewhere',
      () => writeIndex({ a: '../other.safetensors' }),
      'names the file ../other.safetensors, which is not in its folder',
    ],
    [
      'no table',
      () => writeIndex([]),
      'is not an index of a model: its weight_map does not name a file for each tensor',
    ],
  ])('is refused with %s', async (_name, change, problem) => {
    await writeShards()
    await change()
    expect(await refusal(take(folder))).toBe(`StudioError: The file <folder>/model.safetensors.index.json ${problem}.`)
  })
})

describe('an output folder of DeepSpeed', () => {
  const tag = 'checkpoint-best'
  async function output(latest = tag) {
    await mkdir(join(folder, tag))
    await cp(recorded('checkpoints/classifier-deepspeed-half.pth'), join(folder, tag, 'mp_rank_00_model_states.pt'))
    await writeFile(join(folder, 'latest'), `${latest}\n`)
  }

  it('is followed to the checkpoint that latest names', async () => {
    await output()
    const { model, source } = await take(folder)
    expect(model.layout).toBe('classifier')
    expect(source.files.map(({ name }) => name)).toEqual([join(folder, tag, 'mp_rank_00_model_states.pt')])
  })

  it.each([
    ['global_step9', 'has a file latest that names global_step9, but no such folder'],
    ['../elsewhere', 'has a file latest that names no folder'],
    ['', 'has a file latest that names no folder'],
  ])('is refused if latest holds "%s"', async (latest, problem) => {
    await output(latest)
    expect(await refusal(take(folder))).toBe(`StudioError: The folder <folder> ${problem}.`)
  })

  it('is refused if the model is split over processes', async () => {
    await output()
    await writeFile(join(folder, tag, 'mp_rank_01_model_states.pt'), '')
    expect(await refusal(take(folder))).toContain(
      'that DeepSpeed split over several processes (mp_rank_00_model_states.pt',
    )
    await rm(join(folder, tag), { recursive: true })
    await mkdir(join(folder, tag))
    await writeFile(join(folder, tag, 'zero_pp_rank_0_mp_rank_00_model_states.pt'), '')
    expect(await refusal(take(folder))).toContain('that DeepSpeed (ZeRO stage 3) split over several processes')
  })
})

describe('refused', () => {
  it.each<[string, (tensors: Record<string, HostTensor>) => void, string]>([
    [
      'a model without a part of its encoder',
      (tensors) => delete tensors['blocks.0.attn.proj.weight'],
      'StudioError: <folder>/broken.safetensors lacks a tensor of its encoder: blocks.0.attn.proj.weight.',
    ],
    [
      'shapes that do not belong together',
      (tensors) =>
        (tensors['blocks.0.norm1.weight'] = noise({ shape: [7], dtype: 'float32', data: new Float32Array(7) })),
      'StudioError: <folder>/broken.safetensors has tensors with contradictory shapes: blocks.0.norm1.weight is [7] instead of [32].',
    ],
    [
      'something else altogether',
      (tensors) => Object.keys(tensors).forEach((name) => delete tensors[name]),
      'StudioError: <folder>/broken.safetensors is not a model of a known layout: it has no tensors.',
    ],
  ])('%s', async (_name, change, sentence) => {
    const tensors = { ...mae }
    change(tensors)
    expect(await refusal(take(await write('broken.safetensors', tensors)))).toBe(sentence)
    expect(await readdir(folder)).toEqual(['broken.safetensors'])
  })

  it('a path without a checkpoint, or with several', async () => {
    const sentences = [await refusal(take(join(folder, 'nothing.pth')))]
    await mkdir(join(folder, 'empty'))
    sentences.push(await refusal(take(join(folder, 'empty'))))
    await write('a.safetensors', mae)
    await write('b.safetensors', mae)
    sentences.push(await refusal(take(folder)))
    await writeFile(join(folder, 'empty', 'model.safetensors.index.json'), '{}')
    sentences.push(await refusal(take(join(folder, 'empty'))))
    expect(sentences).toMatchInlineSnapshot(`
      [
        "StudioError: There is no file or folder <folder>/nothing.pth.",
        "StudioError: The folder <folder>/empty has no checkpoint.",
        "StudioError: The folder <folder> has 2 checkpoints: a.safetensors, b.safetensors.",
        "StudioError: The file <folder>/empty/model.safetensors.index.json is not an index of a model: its weight_map does not name a file for each tensor.",
      ]
    `)
  })

  it('a model of the transformers library without its config.json', async () => {
    const name = 'vit.embeddings.patch_embeddings.projection.weight'
    expect(
      await refusal(take(await write('hf.safetensors', { [name]: mae['patch_embed.proj.weight']! }))),
    ).toMatchInlineSnapshot(
      `"StudioError: <folder>/hf.safetensors is a model of the transformers library, but its config.json with heads and epsilon is missing."`,
    )
  })

  it('weights that are integers', async () => {
    const quantised = { shape: [2], dtype: 'int32' as const, data: Int32Array.of(3, -4) }
    expect(await refusal(take(await write('int.safetensors', { ...classifier, 'head.bias': quantised })))).toBe(
      'StudioError: <folder>/int.safetensors stores a weight as integers, as a quantised model does: head.bias (I32).',
    )
  })

  it('names of classes that are not those of the head', async () => {
    const source = recorded('huggingface/videomae-classification')
    await cp(source, folder, { recursive: true })
    const config: object = JSON.parse(await readFile(join(source, 'config.json'), 'utf8'))
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, id2label: { 0: 'a', 1: 'b' } }))
    expect(await refusal(take(join(folder, 'model.safetensors')))).toBe(
      'StudioError: The config.json of <folder>/model.safetensors names 2 classes (id2label), but the head has 5 classes.',
    )
  })

  it('heads that the file contradicts', async () => {
    expect(await refusal(take(recorded('huggingface/vit-mae'), { heads: 6 }))).toMatchInlineSnapshot(
      `"StudioError: The config.json of <recorded>/huggingface/vit-mae/model.safetensors has 3 heads, not 6."`,
    )
    expect(await refusal(take(await write('mae.safetensors', mae), { heads: 3 }))).toMatchInlineSnapshot(
      `"StudioError: The width 32 is not a multiple of 3 heads."`,
    )
  })

  it('a name that is taken, which stays as it is', async () => {
    const path = await write('mae.safetensors', mae)
    await take(path)
    const before = await readFile(join(folder, 'imports', 'x', 'import.json'), 'utf8')
    expect(await refusal(take(await write('c.safetensors', classifier)))).toMatchInlineSnapshot(
      `"StudioError: There is already an imported model called x."`,
    )
    expect(await readFile(join(folder, 'imports', 'x', 'import.json'), 'utf8')).toBe(before)
    expect(await readdir(join(folder, 'imports'))).toEqual(['x'])
  })

  it('nothing half-written stays behind where the import is stopped', async () => {
    const stop = new AbortController()
    const path = await write('mae.safetensors', mae)
    const work = importModel(
      { folder: join(folder, 'imports'), path, name: 'x' },
      ({ done }) => done === 3 && stop.abort(),
      stop.signal,
    )
    await expect(work).rejects.toThrow('aborted')
    expect(await readdir(join(folder, 'imports'))).toEqual([])
  })

  it('a file that changed after its hash was taken', async () => {
    await take(await write('mae.safetensors', mae))
    const file = join(folder, 'imports', 'x', 'model.safetensors')
    const bytes = await readFile(file)
    bytes[bytes.length - 1]! ^= 1
    await writeFile(file, bytes)
    expect(await refusal(openModel(join(folder, 'imports', 'x')))).toMatchInlineSnapshot(
      `"StudioError: The imported model x is damaged: model.safetensors is not what was written (its SHA-256 differs)."`,
    )
    await rm(file)
    expect(await refusal(openModel(join(folder, 'imports', 'x')))).toMatchInlineSnapshot(
      `"StudioError: The imported model x is damaged: model.safetensors is missing."`,
    )
  })
})
