import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { engineTrial, type EngineTrial } from '#contract/domain/engine.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { cacheFolder, machineFacts, machineKey } from './machine-facts.ts'

const rememberedTrials = z.object({
  version: z.literal(1),
  triedAt: z.string(),
  /** For people; the file's name is made of them. */
  machine: z.array(z.string()),
  trials: z.array(engineTrial),
})

/** Trials and when they were made. */
export interface RememberedTrials {
  readonly triedAt: string
  readonly trials: readonly EngineTrial[]
}

/**
 * The file that remembers how engines fare on this machine. Its name holds a digest of the machine, because homes are shared between
 * machines; a changed machine has another file. Neither a damaged file nor a folder that refuses to be written stops anything: `warn` hears of it.
 */
export class TrialMemory {
  readonly #file: string
  readonly #facts: readonly string[]
  readonly #warn: (message: string) => void

  constructor(threads: number, warn: (message: string) => void) {
    this.#facts = machineFacts(threads)
    this.#file = join(cacheFolder(), `engines-${machineKey(this.#facts)}.json`)
    this.#warn = warn
  }

  read(): RememberedTrials | undefined {
    if (!existsSync(this.#file)) return undefined
    try {
      return rememberedTrials.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch {
      this.#warn(`What was remembered of the engines in ${this.#file} is damaged; they are tried again.`)
      return undefined
    }
  }

  write({ triedAt, trials }: RememberedTrials): void {
    const document: z.infer<typeof rememberedTrials> = {
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
        `How the engines fared could not be remembered in ${this.#file}, so they are tried again next time: ${cause instanceof Error ? cause.message : String(cause)}`,
      )
    }
  }
}
