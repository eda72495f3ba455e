import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isDiskFull } from '#contract/api/errors.ts'
import { freeBytes } from './disk-space.ts'

/** The reserve is not made on a disk that has not this many times its size free. */
const leastShare = 8

/** A file without content whose space is given up when the disk is full, so that how runs ended can still be written. */
export class DiskReserve implements Disposable {
  readonly #file: string
  readonly #bytes: number

  constructor(file: string, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  /** Makes the reserve if there is none and the disk has enough space. */
  ensure(): void {
    if (existsSync(this.#file) || (freeBytes(dirname(this.#file)) ?? 0) < leastShare * this.#bytes) return
    try {
      writeFileSync(this.#file, Buffer.alloc(this.#bytes))
    } catch (cause) {
      this[Symbol.dispose]()
      if (!isDiskFull(cause)) throw cause
    }
  }

  /** Does something that writes; if the disk is full, once more without the reserve. */
  use<T>(action: () => T): T {
    try {
      return action()
    } catch (cause) {
      if (!isDiskFull(cause) || !existsSync(this.#file)) throw cause
      this[Symbol.dispose]()
      return action()
    }
  }

  /** Gives the space up. */
  [Symbol.dispose](): void {
    rmSync(this.#file, { force: true })
  }
}
