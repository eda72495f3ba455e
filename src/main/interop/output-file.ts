import { type FileHandle, open } from 'node:fs/promises'

const chunkBytes = 1 << 20

/** A new file that is written in chunks, so that memory does not grow with it. */
export class OutputFile {
  readonly #handle: FileHandle
  #waiting: Buffer[] = []
  #waitingBytes = 0

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Creates the file, calls `write` with it, and forces its bytes to the disk. */
  static async write<T>(path: string, write: (file: OutputFile) => Promise<T>): Promise<T> {
    const handle = await open(path, 'wx')
    try {
      const file = new OutputFile(handle)
      const result = await write(file)
      await file.#flush()
      await handle.sync()
      return result
    } finally {
      await handle.close()
    }
  }

  /** Appends bytes, or text as UTF-8. */
  async append(content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content)
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= chunkBytes) await this.#flush()
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    await this.#handle.appendFile(bytes)
  }
}
