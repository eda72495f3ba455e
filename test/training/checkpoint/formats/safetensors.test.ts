import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTensorFile } from '#training/checkpoint/formats/open.ts'
import { readSafetensors, SafetensorsReader } from '#training/checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { type TensorSource, tensorSources } from '#training/checkpoint/formats/tensor-source.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'))
  path = join(folder, 'model.safetensors')
})
afterEach(() => rm(folder, { recursive: true }))

const float = (shape: number[], ...values: number[]) => ({
  shape,
  dtype: 'float32' as const,
  data: Float32Array.from(values),
})

/** A file made by hand: any header over any data. */
async function writeRaw(header: unknown, data = new Uint8Array(0), headerLength?: bigint): Promise<void> {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(headerLength ?? BigInt(text.length))
  await writeFile(path, Buffer.concat([prefix, text, data]))
}

describe('a header', () => {
  it.each([
    ['a', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'],
    [
      'a',
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}, "\\u0061" :{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
    ],
    ['dtype', '{"a":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,1]}}'],
  ])('that names %s twice is refused', async (name, header) => {
    await writeRaw(header, Uint8Array.of(7))
    await expect(SafetensorsReader.open(path)).rejects.toThrow(`names ${name} twice`)
  })

  it('may have the same words as keys of different tensors, and in strings', async () => {
    await writeRaw(
      '{"__metadata__":{"a":"{\\"a\\":1,\\"a\\":2}"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      Uint8Array.of(7),
    )
    await using file = await SafetensorsReader.open(path)
    expect(file.metadata).toEqual({ a: '{"a":1,"a":2}' })
  })

  it.each([0x280, 0x380, 0x480, 0x580])('of %d bytes, which begins like a pickle, is read', async (size) => {
    const header = '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(size)
    await writeRaw(header, Uint8Array.of(7))
    await using file = await openTensorFile(path)
    expect([file.format, await file.readBytes({ name: 'a' })]).toEqual(['safetensors', Uint8Array.of(7)])
  })
})

describe('writing and reading', () => {
  it('gives back what was written, sorted by name', async () => {
    const tensors = {
      'b.weight': float([2, 2], 1, -2, 0.1, NaN),
      'a.bias': float([1], Infinity),
      scalar: float([], 7),
      empty: float([0, 3]),
      steps: { shape: [2], dtype: 'int32' as const, data: Int32Array.of(-1, 2 ** 31 - 1) },
    }
    await writeSafetensors(path, tensorSources(tensors), { format: 'pt', note: 'ä' })

    expect(await readSafetensors(path)).toEqual(tensors)
    await using reader = await SafetensorsReader.open(path)
    expect(reader.metadata).toEqual({ format: 'pt', note: 'ä' })
    expect(reader.entries.map(({ name }) => name)).toEqual(['a.bias', 'b.weight', 'empty', 'scalar', 'steps'])
    expect(reader.entries[0]!.offset % 8).toBe(0)
  })

  it('reports size and hash of what lies on the disk', async () => {
    const { sizeBytes, sha256 } = await writeSafetensors(path, tensorSources({ a: float([3], 1, 2, 3) }))
    const bytes = await readFile(path)
    expect({ sizeBytes, sha256 }).toEqual({
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })
  })

  it('writes the same bytes for the same tensors in another order', async () => {
    const [a, b] = [float([1], 1), float([1], 2)]
    const first = await writeSafetensors(path, tensorSources({ a, b }))
    const second = await writeSafetensors(`${path}.2`, tensorSources({ b, a }))
    expect(second.sha256).toBe(first.sha256)
  })

  it('overwrites nothing', async () => {
    await writeFile(path, 'mine')
    await expect(writeSafetensors(path, [])).rejects.toThrow('EEXIST')
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  it('refuses a tensor that gives too few bytes', async () => {
    const source: TensorSource = { name: 'a', dtype: 'F32', shape: [2], read: async () => new Uint8Array(4) }
    await expect(writeSafetensors(path, [source])).rejects.toThrow('The tensor a has 4 bytes instead of 8.')
  })

  it.each([
    ['F64', new Float64Array([1.5, -2]), [1.5, -2]],
    [
      'F16',
      new Uint16Array([0x3c00, 0xc000, 0x7c00, 0xfc00, 0x0001, 0x83ff, 0x3555]),
      [1, -2, Infinity, -Infinity, 2 ** -24, -1023 * 2 ** -24, 0.333251953125],
    ],
    ['BF16', new Uint16Array([0x3f80, 0xc000, 0x7f80, 0x3eab]), [1, -2, Infinity, 0.333984375]],
    ['I64', new BigInt64Array([-3n, 2n ** 31n - 1n]), [-3, 2 ** 31 - 1]],
    ['I16', new Int16Array([-300]), [-300]],
    ['I8', new Int8Array([-3, 3]), [-3, 3]],
    ['U32', new Uint32Array([7]), [7]],
    ['U16', new Uint16Array([65_535]), [65_535]],
    ['U8', new Uint8Array([255]), [255]],
    ['BOOL', new Uint8Array([1, 0]), [1, 0]],
  ])('reads %s', async (dtype, values, expected) => {
    const bytes = new Uint8Array(values.buffer)
    await writeRaw({ x: { dtype, shape: [values.length], data_offsets: [0, bytes.length] } }, bytes)
    const { x } = await readSafetensors(path)
    expect([...x!.data]).toEqual(expected)
    expect(x!.dtype).toBe(['F64', 'F16', 'BF16'].includes(dtype) ? 'float32' : 'int32')
  })

  it('reads a half-precision NaN', async () => {
    await writeRaw({ x: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, Uint8Array.of(0x01, 0x7e))
    expect((await readSafetensors(path))['x']!.data[0]).toBeNaN()
  })
})

const span = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
})
/** What the person reads when the file is refused. */
const messageOf = async () => {
  const error: unknown = await readSafetensors(path).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(error).toMatchObject({ code: 'checkpoint-invalid' })
  return String(error).replaceAll(path, 'model.safetensors')
}

describe('damaged files', () => {
  it('too short', async () => {
    await writeFile(path, 'abc')
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors is 3 bytes long, too short for a safetensors file."`,
    )
  })
  it('not safetensors', async () => {
    await writeFile(path, 'PK\u0003\u0004 this is a zip archive')
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors is not a safetensors file or is truncated: its header is longer than the file."`,
    )
  })
  it('a header of two exbibytes', async () => {
    await writeRaw({}, undefined, 2n ** 61n)
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors is not a safetensors file or is truncated: its header is longer than the file."`,
    )
  })
  it('a header that is no JSON', async () => {
    await writeRaw('{"a":')
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors is not a safetensors file: its header is not a JSON object."`,
    )
  })
  it('a header that is a list', async () => {
    await writeRaw('[1]')
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors is not a safetensors file: its header is not a JSON object."`,
    )
  })
  it('cut off', async () => {
    await writeRaw({ a: span(0, 8) }, new Uint8Array(4))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors is truncated: the tensor a ends at byte 70 and the file at 66."`,
    )
  })
  it('trailing bytes', async () => {
    await writeRaw({ a: span(0, 4) }, new Uint8Array(6))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has 2 bytes after its last tensor."`,
    )
  })
  it('overlap', async () => {
    await writeRaw({ a: span(0, 8), b: span(4, 12) }, new Uint8Array(12))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has tensors that overlap at b."`,
    )
  })
  it('a hole', async () => {
    await writeRaw({ a: span(0, 4), b: span(8, 12) }, new Uint8Array(12))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has bytes before the tensor b that belong to no tensor."`,
    )
  })
  it('a shape that does not fit', async () => {
    await writeRaw({ a: span(0, 8, [3]) }, new Uint8Array(8))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has 8 bytes for the tensor a, but its shape [3] of F32 needs 12."`,
    )
  })
  it('offsets that run backwards', async () => {
    await writeRaw({ a: { dtype: 'F32', shape: [0], data_offsets: [8, 4] } }, new Uint8Array(8))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has -4 bytes for the tensor a, but its shape [0] of F32 needs 0."`,
    )
  })
  it('a negative size', async () => {
    await writeRaw({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, new Uint8Array(4))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has an invalid header entry for the tensor a."`,
    )
  })
  it('an unknown type', async () => {
    await writeRaw({ a: span(0, 4, [4], 'F8_E4M3') }, new Uint8Array(4))
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors holds the tensor a of the unsupported type F8_E4M3."`,
    )
  })
  it('metadata that is no table of texts', async () => {
    await writeRaw({ __metadata__: { step: 3 } })
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has a header whose __metadata__ is not an object of strings."`,
    )
  })
  it('integers beyond 32 bits', async () => {
    await writeRaw(
      { a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } },
      new Uint8Array(new BigInt64Array([2n ** 40n]).buffer),
    )
    expect(await messageOf()).toMatchInlineSnapshot(
      `"StudioError: The file model.safetensors has integers beyond 32 bits in the tensor a."`,
    )
  })
  it('a missing file', async () => {
    await expect(readSafetensors(path)).rejects.toMatchObject({
      code: 'not-found',
      message: `There is no file ${path}.`,
    })
  })
})
