import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

/** Size and hash by which a file is verified. */
export interface WrittenFile {
  readonly sizeBytes: number
  readonly sha256: string
}

/** The system writes, and Node.js hashes, at most 2 GiB at once. */
const chunkBytes = 2 ** 30

/** Splits bytes into chunks that one call can process. */
export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes)
}

/**
 * A file that is written sequentially and hashed on the way. An existing file is never overwritten.
 * A failure leaves an incomplete file, so callers write under a temporary name and rename.
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

  /** Position of the next byte. */
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

  /** Flushes everything to the disk; does not close the file. */
  async finish(): Promise<WrittenFile> {
    await this.#file.sync()
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
