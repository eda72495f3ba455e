import { type ByteSource, openFileSource } from './byte-source.ts'
import { PyTorchReader } from './pytorch/reader.ts'
import { SafetensorsReader } from './safetensors/reader.ts'

/** A file of tensors in one of the formats that the studio reads; `format` tells which. */
export type OpenedTensorFile = SafetensorsReader | PyTorchReader

/**
 * Opens a file of tensors. What format it has is told by its first bytes, not by its name.
 * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file and what is wrong with it.
 */
export async function openTensorFile(path: string): Promise<OpenedTensorFile> {
  return await openTensorSource(await openFileSource(path))
}

/** As `openTensorFile`, from bytes that are already open. The reader owns the source and closes it, also when it refuses. */
export async function openTensorSource(source: ByteSource): Promise<OpenedTensorFile> {
  return await (await readerFor(source)).from(source)
}

async function readerFor(source: ByteSource): Promise<typeof PyTorchReader | typeof SafetensorsReader> {
  try {
    const start = Buffer.from(await source.read(0, Math.min(source.sizeBytes, 512)))
    // 0x80 begins a pickle of protocol 2 or later, which is what the legacy PyTorch format consists of.
    if (start.subarray(0, 2).toString('latin1') === 'PK' || (start[0] === 0x80 && isProtocol(start[1])))
      return PyTorchReader
    if (start[8] === 0x7b) return SafetensorsReader
    const known = strangers.find(({ isIt }) => isIt(start))
    throw source.refuse(known?.problem ?? 'is neither a safetensors nor a PyTorch file', known)
  } catch (cause) {
    await source[Symbol.asyncDispose]()
    throw cause
  }
}

const isProtocol = (version: number | undefined): boolean => version !== undefined && version >= 2 && version <= 5

const begins = (text: string) => (start: Buffer) => start.toString('latin1').startsWith(text)

/** Files that people take for a checkpoint, with what to do. */
const strangers: readonly { isIt: (start: Buffer) => boolean; problem: string; hint?: string }[] = [
  { isIt: (start) => start.byteLength === 0, problem: 'is empty' },
  {
    isIt: begins('version https://git-lfs'),
    problem: 'is a pointer of Git LFS, not the file itself',
    hint: 'Run git lfs pull in its folder, or download the file from its page.',
  },
  {
    isIt: (start) => /^\s*<(!doctype|html)/i.test(start.toString('latin1')),
    problem: 'is a web page, not a checkpoint',
    hint: 'The download was answered with a page, as Google Drive does for large files. Download it in a browser.',
  },
  {
    isIt: begins('\u0089HDF'),
    problem: 'is in the HDF5 format of Keras',
    hint: 'Take the checkpoint as safetensors or as a PyTorch file.',
  },
  { isIt: begins('\u001f\u008b'), problem: 'is compressed with gzip', hint: 'Unpack it first.' },
  {
    isIt: (start) => start.subarray(257, 262).toString('latin1') === 'ustar',
    problem: 'is a tar archive',
    hint: 'Unpack it first. A checkpoint of PyTorch before 0.1.10 has to be loaded and saved again in PyTorch.',
  },
]
