import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tasks } from '#contract/api/tasks.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { inspectTensors } from '#training/tasks/inspect-tensors.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasks-'))
})
afterEach(() => rm(folder, { recursive: true }))

const { signal } = new AbortController()
const tensor = (...values: number[]) => ({
  shape: [values.length],
  dtype: 'float32' as const,
  data: Float32Array.from(values),
})
const nothing = () => undefined

describe('inspect', () => {
  it('describes each tensor, sorted as people count', async () => {
    const file = join(folder, 'x.safetensors')
    await writeSafetensors(
      file,
      tensorSources({
        'blocks.10.a': tensor(1, 2, 3, NaN, -Infinity),
        'blocks.9.a': tensor(),
        steps: { shape: [2, 1], dtype: 'int32', data: Int32Array.of(5, 7) },
        'z.bad': tensor(NaN),
      }),
    )
    const result = await inspectTensors({ file }, nothing, signal)
    expect(tasks['inspect-tensors'].result.parse(result)).toEqual(result)
    expect(result.tensors).toEqual([
      {
        name: 'blocks.9.a',
        dtype: 'F32',
        shape: [0],
        sizeBytes: 0,
        mean: null,
        standardDeviation: null,
        min: null,
        max: null,
        nonFinite: 0,
      },
      {
        name: 'blocks.10.a',
        dtype: 'F32',
        shape: [5],
        sizeBytes: 20,
        mean: 2,
        standardDeviation: Math.sqrt(2 / 3),
        min: 1,
        max: 3,
        nonFinite: 2,
      },
      {
        name: 'steps',
        dtype: 'I32',
        shape: [2, 1],
        sizeBytes: 8,
        mean: 6,
        standardDeviation: 1,
        min: 5,
        max: 7,
        nonFinite: 0,
      },
      {
        name: 'z.bad',
        dtype: 'F32',
        shape: [1],
        sizeBytes: 4,
        mean: null,
        standardDeviation: null,
        min: null,
        max: null,
        nonFinite: 1,
      },
    ])
  })
})
