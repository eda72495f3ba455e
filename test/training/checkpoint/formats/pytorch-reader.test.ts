import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memorySource } from '#training/checkpoint/formats/byte-source.ts'
import { openTensorFile, openTensorSource } from '#training/checkpoint/formats/open.ts'
import { PickledFields, type PickleValue } from '#training/checkpoint/formats/pytorch/pickle/values.ts'
import { PyTorchReader } from '#training/checkpoint/formats/pytorch/reader.ts'
import { StoredTensor } from '#training/checkpoint/formats/pytorch/tensors.ts'
import type { TensorFile } from '#training/checkpoint/formats/tensor-file.ts'
import { recorded } from '../../reference/recorded.ts'
import { floats, stateDict, torchLegacy, torchZip } from './build.ts'

const sample = (name: string) => PyTorchReader.open(resolve(import.meta.dirname, 'samples', name))
const fromBytes = (bytes: Uint8Array) => PyTorchReader.from(memorySource('model.pth', bytes))
const at = (value: PickleValue | undefined, ...path: (string | number)[]): PickleValue | undefined =>
  path.reduce<PickleValue | undefined>(
    (inner, key) => (inner instanceof Map ? inner.get(key) : Array.isArray(inner) ? inner[Number(key)] : undefined),
    value,
  )

const float = (shape: number[], ...values: number[]) => ({ shape, dtype: 'float32', data: Float32Array.from(values) })

/** Every tensor to the bit, by name; half precision as the 32 bits in which the expected files hold it. */
async function bitsOf(file: TensorFile): Promise<Record<string, { shape: readonly number[]; bits: string }>> {
  const bits = await Promise.all(
    file.entries.map(async (entry) => {
      const { buffer, byteOffset, byteLength } = await file.readNumbers(entry)
      return [
        entry.name,
        { shape: entry.shape, bits: Buffer.from(buffer, byteOffset, byteLength).toString('hex') },
      ] as const
    }),
  )
  return Object.fromEntries(bits)
}

/** What the person reads when a file is refused. */
const messageOf = (bytes: Uint8Array) =>
  openTensorSource(memorySource('model.pth', bytes)).then(
    () => 'opened',
    (cause: Error & { hint?: string }) => `${cause.message} ${cause.hint}`,
  )

const references = recorded('checkpoints')

describe('the published layouts', () => {
  it.each([
    ['mae.pth', 'mae', 'model', []],
    ['videomae.pth', 'videomae', 'model', ['epoch']],
    ['mvd-student.pth', 'mvd-student', 'model', ['optimizer', 'epoch', 'scaler', 'args']],
    ['mvd-student-legacy.pth', 'mvd-student', 'model', ['optimizer', 'epoch', 'scaler', 'args']],
    ['classifier-deepspeed-half.pth', 'classifier-deepspeed-half', 'module', []],
    [
      'classifier-deepspeed-bfloat16.pth',
      'classifier-deepspeed-bfloat16',
      'module',
      [
        'buffer_names',
        'optimizer',
        'param_shapes',
        'frozen_param_shapes',
        'shared_params',
        'lr_scheduler',
        'data_sampler',
        'random_ltd',
        'sparse_tensor_module_names',
        'skipped_steps',
        'global_steps',
        'global_samples',
        'dp_world_size',
        'mp_world_size',
        'ds_config',
        'ds_version',
        'epoch',
      ],
    ],
  ])('%s gives exactly its tensors', async (name, expectation, modelKey, beside) => {
    await using file = await PyTorchReader.open(resolve(references, name))
    await using expected = await openTensorFile(resolve(references, `${expectation}.expected.safetensors`))
    expect(file.modelKey).toBe(modelKey)
    expect(file.beside.map((fact) => fact.name)).toEqual(beside)
    expect(await bitsOf(file)).toEqual(await bitsOf(expected))
  })

  it('keeps what lies beside the weights', async () => {
    await using file = await PyTorchReader.open(resolve(references, 'mvd-student.pth'))
    expect(file.metadata['epoch']).toBe('399')
    expect(JSON.parse(file.metadata['args']!)).toMatchObject({
      model: 'pretrain_masked_video_student_base_patch16_224',
      mask_ratio: 0.9,
      opt_betas: [0.9, 0.95],
      clip_grad: null,
    })
    expect(file.beside.find(({ name }) => name === 'optimizer')).toMatchObject({ tensors: 18, sizeBytes: 3608 })
    const moment = at(file.tree, 'optimizer', 'state', 4, 'exp_avg_sq')
    expect(moment).toBeInstanceOf(StoredTensor)
    expect((await file.readTensor(moment as StoredTensor)).byteLength).toBe((moment as StoredTensor).sizeBytes)
    expect(at(file.tree, 'optimizer', 'param_groups', 0, 'lr')).toBeTypeOf('number')
  })
})

describe('files of PyTorch 1.13 and 2', () => {
  it('reads every element type', async () => {
    await using file = await sample('every-type.pt')
    const values = await Promise.all(
      file.entries.map(async (entry) => [entry.name, entry.dtype, ...(await file.readNumbers(entry))]),
    )
    expect(values).toEqual([
      ['float64', 'F64', 0, 1, 2.5],
      ['float32', 'F32', 0, 1, 2.5],
      ['float16', 'F16', 0, 1, 2.5],
      ['bfloat16', 'BF16', 0, 1, 2.5],
      ['int64', 'I64', 0, 1, 2],
      ['int32', 'I32', 0, 1, 2],
      ['int16', 'I16', 0, 1, 2],
      ['int8', 'I8', 0, 1, 2],
      ['uint8', 'U8', 0, 1, 2],
      ['bool', 'BOOL', 0, 1, 1],
      ['uint16', 'U16', 0, 1, 65_535],
    ])
  })

  it.each(['views.pt', 'views-protocol-5.pt', 'views-legacy.pt', 'views-legacy-protocol-4.pt', 'views-1.13.pt'])(
    'reads views and what lies beside them from %s',
    async (name) => {
      await using file = await sample(name)
      expect(file.modelKey).toBe('state_dict')
      expect(await file.readAll()).toEqual({
        whole: float([3, 4], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        transposed: float([4, 3], 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11),
        part: float([2, 2], 5, 7, 9, 11),
        scalar: float([], 2.5),
        empty: float([0, 3]),
        expanded: float([2, 3], 7, 7, 7, 7, 7, 7),
        parameter: float([1, 2], 1, -1),
        noted: float([1], 1.5),
        'nested.bias': { shape: [2], dtype: 'int32', data: Int32Array.of(4, 5) },
      })
      expect(file.find('transposed')!.tensor.storage.key).toBe(file.find('whole')!.tensor.storage.key)
      expect(file.metadata).toEqual({
        'state_dict.version': '3',
        epoch: '7',
        args: '{"output":"/runs/a","size":[2,3],"device":"cuda:1","dtype":"torch.bfloat16"}',
        best: '0.5',
        large: '1180591620717411303424',
        negative: '-1099511627776',
        flags: '[true]',
        digest: '2 bytes',
        history: '{"loss":[1,2]}',
      })
      expect(file.beside.find((fact) => fact.name === 'optimizer')).toEqual({
        name: 'optimizer',
        tensors: 1,
        sizeBytes: 8,
        value: {
          state: { 0: { exp_avg: 'tensor F32 [2]' } },
          param_groups: [{ lr: 0.125, betas: [0.9, 0.95], params: [0] }],
        },
      })
      expect(at(file.tree, 'large')).toBe(2n ** 70n)
      expect(at(file.tree, 'digest')).toEqual(Uint8Array.of(0, 255))
      expect(at(file.tree, 'args')).toBeInstanceOf(PickledFields)
    },
  )
})

describe('where the weights are', () => {
  const one = { elements: 1, shape: [1], strides: [1] }

  it('takes the whole file where no key leads to tensors', async () => {
    await using file = await fromBytes(torchZip(stateDict({ 'a.weight': one, b: one }), { 0: floats(4) }))
    expect([file.modelKey, file.entries.map(({ name }) => name)]).toEqual([null, ['a.weight', 'b']])
  })

  it('does not take a tensor for a table of tensors', async () => {
    await using file = await fromBytes(torchZip(stateDict({ model: one, other: one }), { 0: floats(4) }))
    expect([file.modelKey, file.entries.map(({ name }) => name)]).toEqual([null, ['model', 'other']])
  })

  it('reads big-endian files', async () => {
    const pickle = stateDict({ a: { elements: 2, shape: [2], strides: [1] } })
    const storage = { 0: Buffer.from('3fc00000c0000000', 'hex') }
    await using zip = await fromBytes(
      torchZip(pickle, storage, [{ name: 'archive/byteorder', bytes: Buffer.from('big') }]),
    )
    await using legacy = await fromBytes(torchLegacy(pickle, storage, { littleEndian: false }))
    expect([...(await zip.read('a')).data, ...(await legacy.read('a')).data]).toEqual([1.5, -2, 1.5, -2])
  })

  it('reads only what a view needs', async () => {
    const source = memorySource(
      'model.pth',
      torchZip(stateDict({ a: { elements: 1000, offset: 500, shape: [2], strides: [100] } }), {
        0: floats(...Array.from({ length: 1000 }, (_, index) => index)),
      }),
    )
    const reads: number[] = []
    await using file = await PyTorchReader.from({
      ...source,
      read: (position, sizeBytes) => (reads.push(sizeBytes), source.read(position, sizeBytes)),
    })
    expect([...(await file.read('a')).data]).toEqual([500, 600])
    expect(reads.at(-1)).toBe(4 * 101)
  })
})

describe('openTensorFile', () => {
  it.each([
    ['mvd-student.pth', 'pytorch'],
    ['mvd-student-legacy.pth', 'pytorch'],
    ['mae.expected.safetensors', 'safetensors'],
  ])('tells the format of %s', async (name, format) => {
    await using file = await openTensorFile(resolve(references, name))
    expect(file.format).toBe(format)
  })

  it('says what a file is that is no checkpoint', async () => {
    const tar = Buffer.alloc(512)
    tar.write('ustar', 257)
    const texts = [
      '',
      'hello',
      '<!DOCTYPE html><html>',
      'version https://git-lfs.github.com/spec/v1\n',
      '\u001f\u008b\u0008',
      '\u0089HDF\r\n',
    ].map((text) => Buffer.from(text, 'latin1'))
    expect(await Promise.all([...texts, tar].map(messageOf))).toMatchInlineSnapshot(`
      [
        "The file model.pth is empty. Use another checkpoint, or copy this file again from its source.",
        "The file model.pth is neither a safetensors nor a PyTorch file. Use another checkpoint, or copy this file again from its source.",
        "The file model.pth is a web page, not a checkpoint. The server sent a page instead of the file, as Google Drive does for large files. Download it in a browser.",
        "The file model.pth is a pointer of Git LFS, not the file itself. Run git lfs pull in its folder, or download the file from its page.",
        "The file model.pth is compressed with gzip. Unpack it first.",
        "The file model.pth is in the HDF5 format of Keras. Use a safetensors or PyTorch file.",
        "The file model.pth is a tar archive. Unpack it first. If PyTorch before 0.1.10 wrote it, load and save it again in PyTorch.",
      ]
    `)
  })

  it('refuses a folder and a file that is not there', async () => {
    await expect(openTensorFile(references)).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      message: `The file ${references} is a folder or a device.`,
    })
    await expect(openTensorFile(`${references}/no`)).rejects.toMatchObject({ code: 'not-found' })
  })
})
