import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { datasetManifest, type DatasetManifest } from '#contract/domain/dataset.ts'
import { datasetFiles } from '#contract/layout.ts'
import { readJson, writeJson } from '#node/json-file.ts'

const unfinished = '.unfinished-'

/** The folder `datasets/` of a workspace: one folder per dataset, with its manifest and its previews. */
export class DatasetStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  folder(name: string): string {
    return join(this.#folder, name)
  }

  manifestFile(name: string): string {
    return join(this.#folder, name, datasetFiles.manifest)
  }

  has(name: string): boolean {
    return existsSync(this.folder(name))
  }

  names(): string[] {
    return readdirSync(this.#folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .toSorted()
  }

  /** Text that changes whenever the files of a dataset do; of a missing file as well. */
  stampOf(name: string): string {
    const found = statSync(this.manifestFile(name), { throwIfNoEntry: false })
    return found === undefined ? 'missing' : `${found.size} ${found.mtimeMs}`
  }

  read(name: string): DatasetManifest {
    return readJson(this.manifestFile(name), datasetManifest)
  }

  /** Writes a dataset's folder under a temporary name and renames it, so that it is complete or missing. */
  create(manifest: DatasetManifest): void {
    const temporary = join(this.#folder, unfinished + manifest.name)
    try {
      mkdirSync(temporary)
      writeJson(join(temporary, datasetFiles.manifest), manifest)
      renameSync(temporary, this.folder(manifest.name))
    } catch (cause) {
      rmSync(temporary, { recursive: true, force: true })
      throw cause
    }
  }

  remove(name: string): void {
    rmSync(this.folder(name), { recursive: true, force: true })
  }

  /** Removes what a studio left behind that was killed during `create`. */
  removeUnfinished(): void {
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith(unfinished)) rmSync(join(this.#folder, name), { recursive: true })
    }
  }
}
