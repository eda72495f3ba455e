import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { engineTrial, type EngineTrial } from '#contract/domain/engine.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { cacheFolder } from '#node/user-folders.ts'
import { machineFacts, machineKey } from './machine-facts.ts'

const cachedTrials = z.object({
  version: z.literal(1),
  triedAt: z.string(),
  /** For readers; the file's name is a digest of them. */
  machine: z.array(z.string()),
  trials: z.array(engineTrial),
})

/** Trials and their ISO time. */
export interface CachedTrials {
  readonly triedAt: string
  readonly trials: readonly EngineTrial[]
}

/**
 * The file with the trials of this machine, in the user's cache folder. Its name contains a digest of the machine: home folders are shared
 * between machines, and a changed machine needs new trials. A damaged file or a read-only folder is reported to `warn` and otherwise ignored.
 */
export class TrialCache {
  readonly #file: string
  readonly #facts: readonly string[]
  readonly #warn: (message: string) => void

  constructor(threads: number, warn: (message: string) => void) {
    this.#facts = machineFacts(threads)
    this.#file = join(cacheFolder(), `engines-${machineKey(this.#facts)}.json`)
    this.#warn = warn
  }

  read(): CachedTrials | undefined {
    if (!existsSync(this.#file)) return undefined
    try {
      return cachedTrials.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch {
      this.#warn(`The results of earlier engine trials in ${this.#file} are damaged. Engines are tried again.`)
      return undefined
    }
  }

  write({ triedAt, trials }: CachedTrials): void {
    const document: z.infer<typeof cachedTrials> = {
      version: 1,
      triedAt,
      machine: [...this.#facts],
      trials: [...trials],
    }
    try {
      mkdirSync(cacheFolder(), { recursive: true })
      writeAtomically(this.#file, JSON.stringify(document, null, 2), { sync: false })
    } catch (cause) {
      this.#warn(
        `The results of the engine trials could not be saved to ${this.#file}, so engines are tried again next time: ${cause instanceof Error ? cause.message : String(cause)}`,
      )
    }
  }
}
