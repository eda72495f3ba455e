import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tasks } from '#contract/tasks.ts'
import { saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { hashFile } from '#training/checkpoint/find.ts'
import { SafetensorsReader } from '#training/checkpoint/safetensors-reader.ts'
import { writeSafetensors } from '#training/checkpoint/safetensors-writer.ts'
import { tensorSources } from '#training/checkpoint/tensor-source.ts'
import { exportCheckpoint } from '#training/tasks/export.ts'
import { inspect } from '#training/tasks/inspect.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { description, state } from './sample.ts'

let folder: string
let checkpoint: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasks-'))
  await saveCheckpoint(folder, description(10), state(3))
  checkpoint = join(folder, 'checkpoints', 'step-00000010')
})
afterEach(() => rm(folder, { recursive: true }))

const { signal } = new AbortController()
const tensor = (...values: number[]) => ({ shape: [values.length], dtype: 'float32' as const, data: Float32Array.from(values) })
const nothing = () => undefined
const exportTo = (to: string) => exportCheckpoint({ checkpoint, format: 'safetensors', to }, nothing, signal)
const refusal = async (to: string) =>
  exportTo(to).then(
    () => 'not refused',
    (cause: unknown) => String(cause).replaceAll(folder, '<folder>'),
  )

describe('inspect', () => {
  it('describes each tensor, sorted as people count', async () => {
    const file = join(folder, 'x.safetensors')
    await writeSafetensors(file, tensorSources({ 'blocks.10.a': tensor(1, 2, 3, NaN, -Infinity), 'blocks.9.a': tensor(), steps: { shape: [2, 1], dtype: 'int32', data: Int32Array.of(5, 7) }, 'z.bad': tensor(NaN) }))
    const result = await inspect({ file }, nothing, signal)
    expect(tasks.inspect.result.parse(result)).toEqual(result)
    expect(result.tensors).toEqual([
      { name: 'blocks.9.a', dtype: 'F32', shape: [0], sizeBytes: 0, mean: null, standardDeviation: null, min: null, max: null, nonFinite: 0 },
      { name: 'blocks.10.a', dtype: 'F32', shape: [5], sizeBytes: 20, mean: 2, standardDeviation: Math.sqrt(2 / 3), min: 1, max: 3, nonFinite: 2 },
      { name: 'steps', dtype: 'I32', shape: [2, 1], sizeBytes: 8, mean: 6, standardDeviation: 1, min: 5, max: 7, nonFinite: 0 },
      { name: 'z.bad', dtype: 'F32', shape: [1], sizeBytes: 4, mean: null, standardDeviation: null, min: null, max: null, nonFinite: 1 },
    ])
  })
})

describe('export', () => {
  it('writes the same tensors with their origin', async () => {
    const to = join(folder, 'model.safetensors')
    const result = await exportTo(to)
    expect(result).toEqual({ path: to, format: 'safetensors', sizeBytes: (await readFile(to)).length, sha256: await hashFile(to), tensors: 2, maxDifference: 0 })

    await using reader = await SafetensorsReader.open(to)
    expect(await reader.readAll()).toEqual(state(3).parameters)
    const { license, configuration, ...metadata } = reader.metadata
    expect(metadata).toEqual({ format: 'pt', producer: 'MVD Studio', run: 'falls-1-finetune', stage: 'finetune', step: '10', epoch: '2.5', created: '2026-11-23T09:00:00.000Z', classes: '["bed","fall"]' })
    expect(license).toContain('CC BY-NC 4.0')
    expect(JSON.parse(configuration!)).toMatchObject({ width: 48, clip: { frames: 8 } })
    expect((await readdir(folder)).toSorted()).toEqual(['checkpoints', 'model.safetensors'])
  })

  it('refuses a folder', async () => {
    await mkdir(join(folder, 'out'))
    expect(await refusal(join(folder, 'out'))).toMatchInlineSnapshot(`"StudioError: <folder>/out is a folder; the export needs the name of a file."`)
  })
  it('refuses an existing file and leaves it alone', async () => {
    const to = join(folder, 'mine.safetensors')
    await writeFile(to, 'mine')
    expect(await refusal(to)).toMatchInlineSnapshot(`"StudioError: The file <folder>/mine.safetensors exists, and an export overwrites nothing."`)
    expect(await readFile(to, 'utf8')).toBe('mine')
  })
  it('refuses a folder that is not there', async () => {
    expect(await refusal(join(folder, 'no', 'model.safetensors'))).toMatchInlineSnapshot(`"StudioError: There is no folder <folder>/no to write model.safetensors into."`)
  })
  it('refuses a path through a file', async () => {
    await writeFile(join(folder, 'file'), '')
    expect(await refusal(join(folder, 'file', 'model.safetensors'))).toMatchInlineSnapshot(`"StudioError: There is no folder <folder>/file to write model.safetensors into."`)
  })
  it('refuses a damaged checkpoint and leaves nothing behind', async () => {
    await writeFile(join(checkpoint, 'model.safetensors'), 'x'.repeat(100))
    expect(await refusal(join(folder, 'model.safetensors'))).toMatchInlineSnapshot(`"StudioError: The checkpoint <folder>/checkpoints/step-00000010 is damaged: model.safetensors has 100 bytes instead of 184."`)
    expect(await readdir(folder)).toEqual(['checkpoints'])
  })
  it('leaves nothing behind when it is stopped', async () => {
    const to = join(folder, 'model.safetensors')
    await expect(exportCheckpoint({ checkpoint, format: 'safetensors', to }, nothing, AbortSignal.abort())).rejects.toThrow('abort')
    expect(await readdir(folder)).toEqual(['checkpoints'])
  })
})
