import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import { describe, expect, it } from 'vitest'
import { importedModel } from '#contract/domain/imported-model.ts'
import { openTensorFile } from '#training/checkpoint/formats/open.ts'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { assume, modelToExport } from '#training/export/model.ts'
import { importModel } from '#training/tasks/import-model.ts'
import { recorded } from '../reference/recorded.ts'
import {
  checkpointOf,
  classes,
  exportTo,
  signal,
  temporaryFolder,
  weightsOf,
  withUsualDecoderNames,
} from './support.ts'

/** Imports a reference checkpoint and returns its folder. */
async function imported(path: string): Promise<string> {
  const folder = temporaryFolder()
  await importModel({ path: recorded(path), name: 'model', folder }, () => undefined, signal)
  return join(folder, 'model')
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'not refused',
    ({ code, message, hint }: { code: string; message: string; hint: string }) => `${code}: ${message}\n${hint}`,
  )

describe('an export of the studio', () => {
  it.each(['safetensors', 'pytorch', 'huggingface'] as const)(
    'as %s comes back by import with nothing to be told',
    async (format) => {
      const [checkpoint, folder] = [await checkpointOf('flat', { licenceNotes: ['CC BY-NC 4.0.'] }), temporaryFolder()]
      await exportTo(checkpoint, format, join(folder, 'out'))
      const {
        model,
        classes: names,
        licenceNotes,
      } = await importModel({ path: join(folder, 'out'), name: 'model', folder }, () => undefined, signal)
      expect({ names, licenceNotes }).toEqual({ names: classes, licenceNotes: ['CC BY-NC 4.0.'] })
      expect(model).toMatchObject({
        layout: 'classifier',
        family: 'videomae',
        sizes: { heads: 3, frames: 4, imageSize: 32 },
      })
      expect(await readSafetensors(join(folder, 'model', 'model.safetensors'))).toEqual(weightsOf('flat'))
    },
  )
})

describe('an imported model', () => {
  it.each(['mae', 'videomae', 'mvd-student', 'classifier-deepspeed-half'])(
    '%s leaves as PyTorch with exactly the tensors that it came with',
    async (name) => {
      const [folder, to] = [await imported(`checkpoints/${name}.pth`), join(temporaryFolder(), 'model.pth')]
      // Half of them tell no number of heads, and the classifier not whose table it has; their weights do not depend on it.
      expect(await exportTo(folder, 'pytorch', to)).toMatchObject({ maxDifference: 0 })
      await using file = await openTensorFile(to)
      expect(await file.readAll()).toEqual(await readSafetensors(recorded(`checkpoints/${name}.expected.safetensors`)))
    },
  )

  it.each(['videomae-pretraining', 'videomae-classification', 'vit-mae'])(
    '%s leaves in the layout of Hugging Face as it came',
    async (name) => {
      const [folder, to] = [await imported(`huggingface/${name}`), join(temporaryFolder(), 'model')]
      expect(await exportTo(folder, 'huggingface', to)).toMatchObject({ maxDifference: 0 })
      expect(await readSafetensors(join(to, 'model.safetensors'))).toEqual(
        withUsualDecoderNames(await readSafetensors(recorded(`huggingface/${name}/model.safetensors`))),
      )
    },
  )

  it('takes the note on its licence along', async () => {
    const [folder, to] = [await imported('huggingface/videomae-classification'), join(temporaryFolder(), 'model.onnx')]
    await exportTo(folder, 'onnx', to)
    const { licenceNotes } = importedModel.parse(JSON.parse(await readFile(join(folder, 'import.json'), 'utf8')))
    expect(licenceNotes.join()).toContain('CC BY-NC 4.0')
    const { metadataProps } = onnxProto.onnx.ModelProto.decode(await readFile(to))
    expect(Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]))).toMatchObject({
      license: licenceNotes.join(' '),
      import: 'model',
      description: 'Fine-tuned classifier of 5 classes (VideoMAE), width 12, depth 2, patch 4',
    })
  })

  it('has to be told what its file does not tell, before it becomes a graph', async () => {
    const [folder, to] = [await imported('checkpoints/mae.pth'), temporaryFolder()]
    expect(await refusal(exportTo(folder, 'onnx', join(to, 'model.onnx')))).toMatchInlineSnapshot(`
      "checkpoint-invalid: model cannot be computed yet. The number of attention heads cannot be inferred: no published encoder has a width of 8. How many are there?
      Set it with: model describe model, or on its page. It can be exported as safetensors or pytorch without this."
    `)
    expect(
      await refusal(exportTo(await imported('checkpoints/classifier-deepspeed-half.pth'), 'tfjs', join(to, 'model'))),
    ).toMatchInlineSnapshot(`
      "checkpoint-invalid: model cannot be computed yet. Encoders and classifiers of VideoMAE and MVD have the same tensor names but different position tables. Which family is it, videomae or mvd?
      Set it with: model describe model, or on its page. It can be exported as safetensors or pytorch without this."
    `)
    expect(await readdir(to)).toEqual([])
  })

  it('is refused when its files are not what was imported', async () => {
    const [folder, to] = [await imported('checkpoints/mae.pth'), join(temporaryFolder(), 'model.pth')]
    await writeFile(join(folder, 'model.safetensors'), 'other')
    expect(await refusal(exportTo(folder, 'pytorch', to))).toMatchInlineSnapshot(`
      "checkpoint-invalid: The imported model model is damaged: model.safetensors has 5 bytes instead of 11224.
      Remove it and import it again."
    `)
    await writeFile(join(folder, 'import.json'), '{')
    expect(await refusal(exportTo(folder, 'pytorch', to))).toMatchInlineSnapshot(`
      "checkpoint-invalid: The imported model model is damaged: its import.json cannot be read.
      Remove it and import it again."
    `)
  })

  it('with a learned position table is computed only where its clip plays no part', async () => {
    const { model } = importedModel.parse(
      JSON.parse(await readFile(join(await imported('checkpoints/mvd-student.pth'), 'import.json'), 'utf8')),
    )
    const learned = {
      ...model,
      hasLearnedPositions: true,
      sizes: { ...model.sizes, frames: null, imageSize: null, tokens: 32 },
    }
    expect(() =>
      modelToExport(assume('decoder', { ...learned, sizes: { ...learned.sizes, heads: 4 } }), 'm'),
    ).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: m has a position table that is neither VideoMAE's nor MVD's, so the size of its clips is unknown.]`,
    )
    expect(modelToExport(assume('everything', learned), 'm')).toMatchObject({
      sizes: { heads: 1 },
      geometry: { imageSize: 4 * model.sizes.patchSize, frames: 2 * model.sizes.tubeletSize },
    })
  })
})
