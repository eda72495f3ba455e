import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ProbeRecord, probeRecord } from '#contract/domain/probe.ts'
import { readJson, writeJson } from '#node/json-file.ts'

const ending = '.json'

/** The folder `probes/` of a workspace: one file per probe. */
export class ProbeStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Newest first. A damaged file is left out and reported. */
  list(onProblem: (error: unknown) => void): ProbeRecord[] {
    if (!existsSync(this.#folder)) return []
    const names = readdirSync(this.#folder).filter((name) => !name.startsWith('.') && name.endsWith(ending))
    const records = names.flatMap((name) => {
      try {
        return [readJson(join(this.#folder, name), probeRecord)]
      } catch (cause) {
        onProblem(cause)
        return []
      }
    })
    return records.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  }

  /** Writes a new file. Its id is the model's with a number. */
  add(record: Omit<ProbeRecord, 'id'>): ProbeRecord {
    mkdirSync(this.#folder, { recursive: true })
    let number = 1
    while (existsSync(this.#file(`${record.model}.${number}`))) number += 1
    const numbered = { ...record, id: `${record.model}.${number}` }
    writeJson(this.#file(numbered.id), numbered)
    return numbered
  }

  #file(id: string): string {
    return join(this.#folder, `${id}${ending}`)
  }
}
