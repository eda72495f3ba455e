import { StudioError } from '#contract/api/errors.ts'
import { dtypeBytes } from '../dtypes.ts'
import { NewFile, type WrittenFile } from '../new-file.ts'
import { readSource, sourceBytes, type TensorSource } from '../tensor-source.ts'
import { torchStorages } from './names.ts'
import { Pickler, type PlainValue } from './pickle/pickler.ts'
import { ZipWriter } from './zip-writer.ts'

export interface PyTorchOptions {
  /** Written next to the weights: an epoch, arguments, a licence. PyTorch 1.13 reads fractions among them only with `weights_only=False`. */
  readonly beside?: Readonly<Record<string, PlainValue>>
  readonly signal?: AbortSignal
  /** Sizes and positions from here on take zip's 64-bit form; 4 GiB except in tests. */
  readonly zip64From?: number
}

/**
 * Writes a new PyTorch file (zip format), tensor by tensor in the given order, and flushes it to the disk. Fails if the file exists.
 * It holds `{"model": OrderedDict of the tensors, ...beside}` and needs no classes other than tensors: `torch.load(path, weights_only=True)`
 * reads it. The same content gives the same bytes.
 * @returns its size and SHA-256, computed from what was written.
 * @throws StudioError `bad-request` for a tensor of a type for which PyTorch has no storage.
 */
export async function writePyTorch(
  path: string,
  sources: readonly TensorSource[],
  { beside = {}, signal, zip64From }: PyTorchOptions = {},
): Promise<WrittenFile> {
  const pickle = pickleOf(sources, beside)
  await using file = await NewFile.create(path)
  const zip = new ZipWriter(file, zip64From)
  await zip.add('archive/data.pkl', pickle)
  await zip.add('archive/byteorder', ascii('little'))
  for (const [index, source] of sources.entries()) {
    signal?.throwIfAborted()
    await zip.add(`archive/data/${index}`, await readSource(source))
  }
  await zip.add('archive/version', ascii('3\n'))
  await zip.finish()
  return await file.finish()
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

function pickleOf(sources: readonly TensorSource[], beside: Readonly<Record<string, PlainValue>>): Uint8Array {
  if (Object.hasOwn(beside, 'model'))
    throw new StudioError(
      'bad-request',
      'The key model of a PyTorch file is reserved for its weights.',
      'Use another key for this value.',
    )
  const pickler = new Pickler().codes('EMPTY_DICT', 'MARK').text('model')
  emptyDict(pickler).codes('MARK')
  for (const [index, source] of sources.entries()) tensor(pickler.text(source.name), source, String(index))
  pickler.codes('SETITEMS')
  for (const [key, value] of Object.entries(beside)) pickler.text(key).value(value)
  return pickler.codes('SETITEMS').finish()
}

const emptyDict = (pickler: Pickler): Pickler =>
  pickler.global('collections', 'OrderedDict').codes('EMPTY_TUPLE', 'REDUCE')

/** A call of `torch._utils._rebuild_tensor_v2`: storage, offset, shape, strides, requires_grad, backward hooks. */
function tensor(pickler: Pickler, source: TensorSource, key: string): void {
  const elements = sourceBytes(source) / dtypeBytes[source.dtype]
  pickler.global('torch._utils', '_rebuild_tensor_v2').codes('MARK')
  pickler
    .codes('MARK')
    .text('storage')
    .global('torch', storageOf(source))
    .text(key)
    .text('cpu')
    .integer(elements)
    .codes('TUPLE', 'BINPERSID')
  pickler.integer(0)
  tuple(pickler, source.shape)
  tuple(pickler, stridesOf(source.shape))
  emptyDict(pickler.codes('NEWFALSE')).codes('TUPLE', 'REDUCE')
}

function tuple(pickler: Pickler, values: readonly number[]): void {
  pickler.codes('MARK')
  for (const value of values) pickler.integer(value)
  pickler.codes('TUPLE')
}

/** Of a row-major tensor, in elements. PyTorch counts a size of zero as one. */
const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * Math.max(size, 1), 1))

function storageOf({ name, dtype }: TensorSource): string {
  if (dtype === 'U16' || dtype === 'U32')
    throw new StudioError(
      'bad-request',
      `The tensor ${name} is of the type ${dtype}, for which PyTorch has no storage.`,
      'Export it as safetensors.',
    )
  return torchStorages[dtype]
}
