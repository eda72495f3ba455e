import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type ImportedModel, importedModel } from '#contract/domain/imported-model.ts'
import { importedModelFiles } from '#contract/layout.ts'
import { readJson, writeJson } from '#node/json-file.ts'

/** The folder `imports/` of a workspace: one folder per model, which holds everything about it. */
export class ModelStore {
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

  /** Sorted by name. A model whose card cannot be read is reported and omitted. */
  list(onProblem: (error: unknown) => void): ImportedModel[] {
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

  read(name: string): ImportedModel {
    return readJson(this.#card(name), importedModel)
  }

  write(card: ImportedModel): void {
    writeJson(this.#card(card.name), card)
  }

  remove(name: string): void {
    rmSync(this.folder(name), { recursive: true, force: true })
  }

  #card(name: string): string {
    return join(this.#folder, name, importedModelFiles.card)
  }
}
