import { type ByteSource, openFileSource } from './byte-source.ts'
import { PyTorchReader } from './pytorch/reader.ts'
import { SafetensorsReader } from './safetensors/reader.ts'
import { ShardedReader } from './sharded.ts'

/** An open file of tensors; `format` discriminates. */
export type OpenedTensorFile = SafetensorsReader | PyTorchReader

/** A model in one file, or in several that an index lists. */
export type OpenedModelFile = OpenedTensorFile | ShardedReader

/**
 * Opens a file of tensors. Its first bytes decide the format, not its name.
 * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file and what is wrong with it.
 */
export async function openTensorFile(path: string): Promise<OpenedTensorFile> {
  return await openTensorSource(await openFileSource(path))
}

const indexEnding = '.index.json'

/** Whether a path is that of an index, which lists the files of a model: `model.safetensors.index.json`. */
export const isIndex = (path: string): boolean => path.endsWith(indexEnding)

/**
 * Opens the files of a model that an index lists.
 * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file and what is wrong with it.
 */
export const openShards = async (path: string): Promise<ShardedReader> => await ShardedReader.open(path, openTensorFile)

/** As `openTensorFile`, from an open source. The reader owns the source and closes it, also after an error. */
export async function openTensorSource(source: ByteSource): Promise<OpenedTensorFile> {
  return await (await readerFor(source)).from(source)
}

async function readerFor(source: ByteSource): Promise<typeof PyTorchReader | typeof SafetensorsReader> {
  try {
    const start = Buffer.from(await source.read(0, Math.min(source.sizeBytes, 512)))
    // First, because the length of a header may begin with the bytes of a pickle: 640 is 0x80 0x02.
    if (isSafetensors(start)) return SafetensorsReader
    // The legacy PyTorch format consists of pickles; 0x80 starts one of protocol 2 or later.
    if (start.subarray(0, 2).toString('latin1') === 'PK' || (start[0] === 0x80 && isProtocol(start[1])))
      return PyTorchReader
    const known = otherFormats.find(({ matches }) => matches(start))
    throw source.refuse(known?.problem ?? 'is neither a safetensors nor a PyTorch file', known)
  } catch (cause) {
    await source[Symbol.asyncDispose]()
    throw cause
  }
}

/** A header of less than 4 GiB, then its JSON. */
const isSafetensors = (start: Buffer): boolean => start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0)

const isProtocol = (version: number | undefined): boolean => version !== undefined && version >= 2 && version <= 5

const startsWith = (text: string) => (start: Buffer) => start.toString('latin1').startsWith(text)

/** Other files that are mistaken for checkpoints, with a hint. */
const otherFormats: readonly { matches: (start: Buffer) => boolean; problem: string; hint?: string }[] = [
  { matches: (start) => start.byteLength === 0, problem: 'is empty' },
  {
    matches: startsWith('version https://git-lfs'),
    problem: 'is a pointer of Git LFS, not the file itself',
    hint: 'Run git lfs pull in its folder, or download the file from its page.',
  },
  {
    matches: (start) => /^\s*<(!doctype|html)/i.test(start.toString('latin1')),
    problem: 'is a web page, not a checkpoint',
    hint: 'The server sent a page instead of the file, as Google Drive does for large files. Download it in a browser.',
  },
  {
    matches: startsWith('\u0089HDF'),
    problem: 'is in the HDF5 format of Keras',
    hint: 'Use a safetensors or PyTorch file.',
  },
  { matches: startsWith('\u001f\u008b'), problem: 'is compressed with gzip', hint: 'Unpack it first.' },
  {
    matches: (start) => start.subarray(257, 262).toString('latin1') === 'ustar',
    problem: 'is a tar archive',
    hint: 'Unpack it first. If PyTorch before 0.1.10 wrote it, load and save it again in PyTorch.',
  },
]
