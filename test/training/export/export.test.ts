import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { SafetensorsReader } from '#training/checkpoint/formats/safetensors/reader.ts'
import { exportModel } from '#training/tasks/export-model.ts'
import { checkpointOf, classes, exportTo, temporaryFolder, weightsOf } from './support.ts'

let folder: string
let checkpoint: string
beforeEach(async () => {
  folder = temporaryFolder()
  checkpoint = await checkpointOf('space-time')
})

const refusal = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'not refused',
    (cause: { code: string; message: string; hint: string }) =>
      `${cause.code}: ${cause.message}\n${cause.hint}`
        .replaceAll(folder, '<folder>')
        .replaceAll(checkpoint, '<checkpoint>'),
  )

describe('what travels', () => {
  it('is the origin, the configuration, the classes and the licence', async () => {
    const to = join(folder, 'model.safetensors')
    await exportTo(checkpoint, 'safetensors', to)
    await using file = await SafetensorsReader.open(to)
    expect(await file.readAll()).toEqual(weightsOf('space-time'))
    const { configuration, ...metadata } = file.metadata
    expect(metadata).toMatchObject({
      format: 'pt',
      producer: 'MVD Studio',
      run: 'falls-1.finetune',
      stage: 'finetune',
      step: '10',
      epoch: '2.5',
      created: '2026-11-23T09:00:00.000Z',
      classes: JSON.stringify(classes),
    })
    expect(metadata['license']).toBe(
      'These weights were not trained from imported ones. They belong to the person or organisation that trained them.',
    )
    expect(JSON.parse(configuration!)).toMatchObject({ width: 48, clip: { frames: 4 } })
  })
})

describe('the place of an export', () => {
  it('is a file where the format is one', async () => {
    await mkdir(join(folder, 'out'))
    expect(await refusal(exportTo(checkpoint, 'safetensors', join(folder, 'out')))).toMatchInlineSnapshot(`
      "already-exists: <folder>/out is a folder; this format needs the name of a file.
      Add a file name, for example model.safetensors."
    `)
  })
  it('is a folder where the format is one', async () => {
    await writeFile(join(folder, 'out'), '')
    expect(await refusal(exportTo(checkpoint, 'tfjs', join(folder, 'out'), true))).toMatchInlineSnapshot(`
      "already-exists: <folder>/out is a file; this format needs the name of a folder.
      Choose another name."
    `)
  })
  it('is refused where its folder is not there, or is a file', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await refusal(exportTo(checkpoint, 'onnx', join(folder, 'no', 'model.onnx')))).toMatchInlineSnapshot(`
      "not-found: There is no folder <folder>/no to write model.onnx into.
      Create the folder, or choose another path."
    `)
    expect(await refusal(exportTo(checkpoint, 'onnx', join(folder, 'file', 'model.onnx')))).toMatchInlineSnapshot(`
      "not-found: There is no folder <folder>/file to write model.onnx into.
      Create the folder, or choose another path."
    `)
  })
  it('is left alone where something is there, and replaced on request', async () => {
    const to = join(folder, 'model.pth')
    await writeFile(to, 'mine')
    expect(await refusal(exportTo(checkpoint, 'pytorch', to))).toMatchInlineSnapshot(`
      "already-exists: The file <folder>/model.pth exists.
      Choose another name, or replace it (--force on the command line)."
    `)
    expect(await readFile(to, 'utf8')).toBe('mine')
    const { sizeBytes } = await exportTo(checkpoint, 'pytorch', to, true)
    expect((await readFile(to)).byteLength).toBe(sizeBytes)
    expect(await readdir(folder)).toEqual(['model.pth'])
  })
  it('is a folder that is replaced on request, if it is of an earlier export', async () => {
    const to = join(folder, 'web')
    await exportTo(checkpoint, 'tfjs', to)
    expect(await refusal(exportTo(checkpoint, 'tfjs', to))).toMatchInlineSnapshot(`
      "already-exists: The folder <folder>/web exists.
      Choose another name, or replace it (--force on the command line)."
    `)
    await exportTo(checkpoint, 'tfjs', to, true)
    await writeFile(join(to, 'thesis.tex'), 'mine')
    expect(await refusal(exportTo(checkpoint, 'tfjs', to, true))).toMatchInlineSnapshot(`
      "already-exists: The folder <folder>/web contains thesis.tex, which is not part of an earlier export, so it is not replaced.
      Choose another name, or remove the folder yourself."
    `)
    expect(await readdir(to)).toContain('thesis.tex')
    expect(await readdir(folder)).toEqual(['web'])
  })
})

describe('a failed export', () => {
  it('of a damaged checkpoint leaves nothing behind, nor replaces anything', async () => {
    const to = join(folder, 'model.onnx')
    await writeFile(to, 'mine')
    await writeFile(join(checkpoint, 'model.safetensors'), 'x'.repeat(100))
    expect(await refusal(exportTo(checkpoint, 'onnx', to, true))).toMatch(
      /^checkpoint-invalid: The checkpoint <checkpoint> is damaged: model.safetensors has 100 bytes instead of \d+\./,
    )
    expect(await readdir(folder)).toEqual(['model.onnx'])
    expect(await readFile(to, 'utf8')).toBe('mine')
  })
  it.each(['safetensors', 'pytorch', 'onnx', 'tfjs'] as const)('that is stopped leaves no half %s', async (format) => {
    await expect(
      exportModel(
        { model: checkpoint, format, to: join(folder, 'model'), force: false },
        () => undefined,
        AbortSignal.abort(),
      ),
    ).rejects.toThrow('abort')
    expect(await readdir(folder)).toEqual([])
  })
})
