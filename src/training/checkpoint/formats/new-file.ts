import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** What proves that a file is whole. */
export interface WrittenFile {
  readonly sizeBytes: number
  readonly sha256: string
}

/** The system writes, and Node.js hashes, at most 2 GiB at once. */
const chunkBytes = 2 ** 30

/** The parts of bytes that may be too many for one call, in order. */
export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes)
}

/**
 * A file that is written from its start to its end, hashed on the way. Nothing that exists is overwritten.
 * What fails leaves a part of it behind: whoever needs it whole writes under a temporary name.
 */
export class NewFile implements AsyncDisposable {
  #sizeBytes = 0
  readonly #file: FileHandle
  readonly #hash = createHash('sha256')

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async create(path: string): Promise<NewFile> {
    return new NewFile(await open(path, 'wx'))
  }

  /** Where the next byte will lie. */
  get position(): number {
    return this.#sizeBytes
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (const chunk of chunksOf(bytes)) {
      this.#hash.update(chunk)
      for (let done = 0; done < chunk.byteLength;) done += (await this.#file.write(chunk, done)).bytesWritten
    }
    this.#sizeBytes += bytes.byteLength
  }

  /** Forces everything to the disk. The file is still to be closed. */
  async finish(): Promise<WrittenFile> {
    await this.#file.sync()
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
