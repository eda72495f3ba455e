import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importedModel, type ImportedModel, type ModelImportRequest } from '#contract/domain/imported-model.ts'
import { hashFile } from '#node/hash.ts'
import { saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { openModel } from '#training/checkpoint/open-model.ts'
import { classifierParameters } from '#training/model/classifier.ts'
import { imageEncoderParameters } from '#training/model/image-autoencoder.ts'
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
    const { model, report } = await take(await write('wrapped.safetensors', wrapped))
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
    expect((await take(await write('student.safetensors', rest))).report.missing.toSorted()).toEqual([
      'decoder_vid.head.bias',
      'decoder_vid.norm.weight',
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
        "StudioError: The model in <folder>/empty is split over several files (model.safetensors.index.json), which is not supported.",
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
