import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import { datasetFiles } from '#contract/layout.ts'
import { openDataset, type StoredDataset, writeDataset } from '#node/dataset-files.ts'
import { drawnSplitFiles } from '#node/drawn-split-sets.ts'

const unfinished = '.unfinished-'

/** The folder `datasets/` of a workspace: one folder per dataset, with its files and its previews. */
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

  /** Text that changes whenever the files of a dataset do. */
  stampOf(name: string): string {
    const folder = this.folder(name)
    return [join(folder, datasetFiles.manifest), join(folder, datasetFiles.samples), ...drawnSplitFiles(folder)]
      .map((file) => {
        const found = statSync(file, { throwIfNoEntry: false })
        return found === undefined ? 'missing' : `${found.size} ${found.mtimeMs}`
      })
      .join(', ')
  }

  /** @throws StudioError `bad-request` that names the file and its problem */
  open(name: string): StoredDataset {
    return openDataset(this.manifestFile(name))
  }

  /** Writes a dataset's folder under a temporary name and renames it, so that it is complete or missing. */
  create(manifest: DatasetManifest): DatasetDetail {
    const temporary = join(this.#folder, unfinished + manifest.name)
    try {
      mkdirSync(temporary)
      const detail = writeDataset(temporary, manifest)
      renameSync(temporary, this.folder(manifest.name))
      return detail
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
