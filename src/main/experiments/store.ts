import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ExperimentFile, experimentFile } from '#contract/experiment/request.ts'
import { readJsonIfPresent, writeJson } from '#node/json-file.ts'

const ending = '.json'

/** The folder `experiments/` of a workspace: one file per experiment. */
export class ExperimentStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Oldest first. A damaged file is left out and reported. */
  list(onProblem: (error: unknown) => void): ExperimentFile[] {
    if (!existsSync(this.#folder)) return []
    const ids = readdirSync(this.#folder)
      .filter((name) => name.endsWith(ending) && !name.startsWith('.'))
      .map((name) => name.slice(0, -ending.length))
    const files = ids.flatMap((id) => {
      try {
        return this.read(id) ?? []
      } catch (cause) {
        onProblem(cause)
        return []
      }
    })
    return files.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
  }

  has(id: string): boolean {
    return existsSync(this.#file(id))
  }

  /** Undefined if there is none. @throws StudioError `bad-request` if the file is damaged */
  read(id: string): ExperimentFile | undefined {
    return readJsonIfPresent(this.#file(id), experimentFile)
  }

  write(experiment: ExperimentFile): void {
    mkdirSync(this.#folder, { recursive: true })
    writeJson(this.#file(experiment.id), experiment)
  }

  remove(id: string): void {
    rmSync(this.#file(id), { force: true })
  }

  #file(id: string): string {
    return join(this.#folder, `${id}${ending}`)
  }
}
