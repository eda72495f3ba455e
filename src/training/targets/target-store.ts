import { join } from 'node:path'
import { isDiskFull, systemCode, systemLimit, systemProblem } from '#contract/api/errors.ts'
import { formatBytes } from '#contract/format.ts'
import { openCacheFolder } from '#node/cache-folder.ts'
import { cacheBudget, CacheRoom } from '#node/cache-room.ts'
import { targetFolder, targetsName } from '#node/target-folder.ts'
import { readTargets, targetBytes, writeTargets } from './target-file.ts'
import type { ClipKey } from './target-key.ts'

export interface TargetStoreOptions {
  readonly folder: string
  /** Most bytes of the folder. Default: what the settings of the workspace say, in which the folder is. */
  readonly maxBytes?: () => number
  /** Receives a sentence about each kind of problem once. */
  readonly warn: (sentence: string) => void
}

/** Features of teachers in float16, one file for each clip and teacher, shared by all runs of a workspace. */
export class TargetStore {
  readonly #folder: string
  readonly #room: CacheRoom
  readonly #warn: (sentence: string) => void
  readonly #said = new Set<string>()
  readonly #usedSinceMs = Date.now()

  constructor({ folder, maxBytes = () => cacheBudget(folder, 'targets'), warn }: TargetStoreOptions) {
    this.#folder = folder
    this.#warn = warn
    this.#room = new CacheRoom({
      folder: targetFolder(folder),
      usedSinceMs: this.#usedSinceMs,
      maxBytes,
      describeFull: (free) => `The disk of ${folder} has ${formatBytes(free)} left: ${consequence}`,
      describeProblem: (cause) => this.#unusable(cause),
    })
    try {
      openCacheFolder(targetFolder(folder))
    } catch (cause) {
      this.#note(this.#unusable(cause))
    }
  }

  /** The features of a clip, `count` numbers; undefined if there are none that can be used. */
  async read({ digest, description }: ClipKey, count: number): Promise<Uint16Array | undefined> {
    const found = await readTargets(this.#path(digest), description, count, this.#usedSinceMs)
    if ('bits' in found) return found.bits
    if (found.damage !== undefined)
      this.#note(`Teacher features in ${this.#folder} are computed again. ${found.damage}`)
    return undefined
  }

  /** Keeps the features of a clip, if there is room. */
  async write({ digest, description }: ClipKey, bits: Uint16Array): Promise<void> {
    const { hasRoom, problem } = await this.#room.reserve(targetBytes(description, bits.length))
    if (problem !== undefined) this.#note(problem)
    else if (!hasRoom)
      this.#note(`The budget of the target cache is used up: ${consequence} Raise it with: targets budget GIB`)
    if (!hasRoom) return
    try {
      await writeTargets(this.#path(digest), description, bits)
    } catch (cause) {
      this.#note(this.#unusable(cause))
    }
  }

  #path(digest: string): string {
    return join(this.#folder, targetsName(digest))
  }

  /** @throws the error if the folder is not the cause */
  #unusable(cause: unknown): string {
    const code = systemCode(cause)
    if (code === undefined || systemLimit(cause) !== undefined) throw cause
    const problem = isDiskFull(cause) ? 'the disk is full' : (systemProblem(cause)?.problem ?? code)
    return `Teacher features cannot be kept in ${this.#folder} (${problem}): ${consequence}`
  }

  #note(sentence: string): void {
    if (this.#said.has(sentence)) return
    this.#said.add(sentence)
    this.#warn(sentence)
  }
}

const consequence = 'teachers compute the features of the other clips each time.'
