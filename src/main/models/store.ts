import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ImportCard, importCard, importFiles } from '#contract/domain/import.ts'
import { readJson, writeJson } from '../files.ts'

/** The folder `imports/` of a workspace: one folder a model, which is all there is to know of it. */
export class ImportStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  has(name: string): boolean {
    return existsSync(join(this.#folder, name))
  }

  names(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => !name.startsWith('.') && existsSync(this.#card(name)))
      .toSorted()
  }

  /** By name. What cannot be read is told and left out. */
  list(onProblem: (error: unknown) => void): ImportCard[] {
    return this.names().flatMap((name) => {
      try {
        return [this.read(name)]
      } catch (cause) {
        onProblem(cause)
        return []
      }
    })
  }

  folder(name: string): string {
    return join(this.#folder, name)
  }

  read(name: string): ImportCard {
    return readJson(this.#card(name), importCard)
  }

  write(card: ImportCard): void {
    writeJson(this.#card(card.name), card)
  }

  remove(name: string): void {
    rmSync(this.folder(name), { recursive: true, force: true })
  }

  #card(name: string): string {
    return join(this.#folder, name, importFiles.card)
  }
}
