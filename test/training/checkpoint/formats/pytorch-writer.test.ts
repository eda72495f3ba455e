import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memorySource } from '#training/checkpoint/formats/byte-source.ts'
import { openTensorFile } from '#training/checkpoint/formats/open.ts'
import { PyTorchReader } from '#training/checkpoint/formats/pytorch/reader.ts'
import { writePyTorch } from '#training/checkpoint/formats/pytorch/writer.ts'
import { readZipDirectory, locateZipEntry } from '#training/checkpoint/formats/pytorch/zip.ts'
import type { TensorFile } from '#training/checkpoint/formats/tensor-file.ts'
import { fileSources, type TensorSource, tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { findPython, notRun } from '../../../support/not-run.ts'
import { recorded } from '../../reference/recorded.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pytorch-'))
  path = join(folder, 'model.pth')
})
afterEach(() => rm(folder, { recursive: true }))

const float = (shape: number[], ...values: number[]) => ({
  shape,
  dtype: 'float32' as const,
  data: Float32Array.from(values),
})
const tensors = {
  'b.weight': float([2, 2], 1, -2, 0.1, NaN),
  'a.bias': float([1], Infinity),
  scalar: float([], 7),
  empty: float([0, 3]),
  steps: { shape: [2], dtype: 'int32' as const, data: Int32Array.of(-1, 2 ** 31 - 1) },
}
const beside = {
  epoch: 399,
  best: 0.75,
  negative: -1,
  large: 2 ** 40,
  zero: -0,
  note: 'ä',
  done: true,
  none: null,
  args: { betas: [0.9, 0.95], empty: {}, list: [] },
}

describe('writePyTorch', () => {
  it('gives back what was written, in its order', async () => {
    const { sizeBytes, sha256 } = await writePyTorch(path, tensorSources(tensors), { beside })
    const bytes = await readFile(path)
    expect({ sizeBytes, sha256 }).toEqual({
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })

    await using file = await PyTorchReader.open(path)
    expect(await file.readAll()).toEqual(tensors)
    expect(file.modelKey).toBe('model')
    expect(file.entries.map(({ name }) => name)).toEqual(['b.weight', 'a.bias', 'scalar', 'empty', 'steps'])
    expect(Object.fromEntries(file.beside.map(({ name, value }) => [name, value]))).toEqual(beside)
  })

  it('writes the same bytes wherever and whenever', async () => {
    const first = await writePyTorch(path, tensorSources(tensors), { beside })
    expect(await writePyTorch(join(folder, 'other.pt'), tensorSources(tensors), { beside })).toEqual(first)
  })

  it.each([undefined, 0, 100])('aligns every part to 64 bytes (zip64 from %s)', async (zip64From) => {
    await writePyTorch(path, tensorSources(tensors), zip64From === undefined ? {} : { zip64From })
    const source = memorySource(path, await readFile(path))
    const entries = [...(await readZipDirectory(source)).values()]
    const positions = await Promise.all(entries.map((entry) => locateZipEntry(source, entry)))
    expect(entries.map(({ name }) => name)).toEqual(
      ['data.pkl', 'byteorder', 'data/0', 'data/1', 'data/2', 'data/3', 'data/4', 'version'].map(
        (name) => `archive/${name}`,
      ),
    )
    expect(positions.map(({ position }) => position % 64)).toEqual(entries.map(() => 0))
    await using file = await openTensorFile(path)
    expect(await file.readAll()).toEqual(tensors)
  })

  it('copies every element type from another file', async () => {
    await using source = await openTensorFile(resolve(import.meta.dirname, 'samples/every-type.pt'))
    await writePyTorch(
      path,
      fileSources(source).filter(({ dtype }) => dtype !== 'U16'),
    )
    await using copy = await openTensorFile(path)
    const { uint16: _, ...expected } = await source.readAll()
    expect(await copy.readAll()).toEqual(expected)
    expect(copy.entries.map(({ dtype }) => dtype)).toEqual([
      'F64',
      'F32',
      'F16',
      'BF16',
      'I64',
      'I32',
      'I16',
      'I8',
      'U8',
      'BOOL',
    ])
  })

  it('refuses what it cannot write, and overwrites nothing', async () => {
    const wide: TensorSource = { name: 'a', dtype: 'U16', shape: [1], read: async () => new Uint8Array(2) }
    await expect(writePyTorch(path, [wide])).rejects.toThrow(
      'The tensor a is of the type U16, for which PyTorch has no storage.',
    )
    await expect(writePyTorch(path, [], { beside: { model: 'vit' } })).rejects.toThrow(
      'The key model of a PyTorch file is reserved for its weights.',
    )
    expect(existsSync(path)).toBe(false)
    await writeFile(path, 'mine')
    await expect(writePyTorch(path, [])).rejects.toThrow('EEXIST')
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  it('stops when asked', async () => {
    await expect(writePyTorch(path, tensorSources(tensors), { signal: AbortSignal.abort() })).rejects.toThrow('abort')
  })
})

const { python, missing } = findPython('torch')

const readBack = `
import ctypes, hashlib, json, sys, torch
def facts(tensor):
    data = ctypes.string_at(tensor.contiguous().data_ptr(), tensor.nelement() * tensor.element_size())
    return [str(tensor.dtype), list(tensor.shape), hashlib.sha256(data).hexdigest()]
for path in sys.argv[1:]:
    content = torch.load(path, weights_only=True)
    model = content.pop("model")
    print(json.dumps([{name: facts(tensor) for name, tensor in model.items()}, content]))
`

/** What PyTorch makes of files, weights only: facts of each tensor, and what lies beside. */
const loaded = (paths: string[]): unknown[] =>
  execFileSync(python, ['-W', 'ignore', '-c', readBack, ...paths], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

/** The same facts, from our reader. */
async function factsOf(file: TensorFile): Promise<Record<string, unknown>> {
  const facts = await Promise.all(
    file.entries.map(async (entry) => {
      const dtype = { F16: 'torch.float16', F32: 'torch.float32' }[entry.dtype as string]
      return [
        entry.name,
        [
          dtype,
          entry.shape,
          createHash('sha256')
            .update(await file.readBytes(entry))
            .digest('hex'),
        ],
      ] as const
    }),
  )
  return Object.fromEntries(facts)
}

describe('PyTorch', () => {
  notRun(missing)
  it('loads every reference checkpoint that we read and wrote, weights only, to the bit', async () => {
    const names = [
      'mae.pth',
      'videomae.pth',
      'mvd-student.pth',
      'mvd-student-legacy.pth',
      'classifier-deepspeed-half.pth',
      'classifier-deepspeed-bfloat16.pth',
    ]
    const expected: unknown[] = []
    const plain = { epoch: 399, large: 2 ** 40, negative: -1, note: 'ä', args: { list: [1, null, true], empty: {} } }
    for (const name of names) {
      await using file = await openTensorFile(recorded(`checkpoints/${name}`))
      await writePyTorch(join(folder, basename(name)), fileSources(file), { beside: plain })
      expected.push([await factsOf(file), plain])
    }
    expect(loaded(names.map((name) => join(folder, name)))).toEqual(expected)
  })
})
