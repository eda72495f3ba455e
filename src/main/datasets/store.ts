import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { DatasetChange, ReplacedFile } from '#contract/domain/dataset-version.ts'
import type { DrawnSplitSet } from '#contract/domain/drawn-split-set.ts'
import { datasetFiles } from '#contract/layout.ts'
import { openDataset, type StoredDataset } from '#node/dataset-files.ts'
import { earlierVersions } from '#node/dataset-versions.ts'
import { drawnSplitFiles, drawnSplitNames, placeDrawnSplits } from '#node/drawn-split-sets.ts'
import { currentExclusionsOf } from '#node/exclusions.ts'
import { writeJson } from '#node/json-file.ts'
import { linkAll } from './link-files.ts'
import { withCurrentExclusions } from './without-excluded.ts'

const unfinished = '.unfinished-'
/** A folder that another one replaces. */
const replaced = '.replaced-'

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

  /**
   * Text that changes whenever the files of a dataset do. Of the exclusions it has the number: two may be chosen within a tick of the clock by which
   * files are stamped.
   * @throws StudioError `bad-request` that names a damaged file
   */
  stampOf(name: string): string {
    const folder = this.folder(name)
    const files = [join(folder, datasetFiles.manifest), join(folder, datasetFiles.samples), ...drawnSplitFiles(folder)]
    const stamps = files.map((file) => {
      const found = statSync(file, { throwIfNoEntry: false })
      return found === undefined ? 'missing' : `${found.size} ${found.mtimeMs}`
    })
    return [...stamps, `exclusions ${currentExclusionsOf(folder)}`].join(', ')
  }

  /** Whether the files that two stamps are of differ in the current exclusions alone. */
  differInExclusions(stamp: string, other: string): boolean {
    const [before, after] = [stamp, other].map((text) => text.slice(0, text.lastIndexOf(', ')))
    return stamp !== other && before === after
  }

  /**
   * A dataset with the splits also of excluded samples.
   * @throws StudioError `bad-request` that names the file and its problem
   */
  whole(name: string): StoredDataset {
    return openDataset(this.manifestFile(name))
  }

  /**
   * A dataset, whose excluded samples belong to no split.
   * @throws StudioError `bad-request` that names the file and its problem
   */
  open(name: string): StoredDataset {
    return withCurrentExclusions(this.whole(name), this.folder(name))
  }

  /**
   * Makes the folder of a dataset under a temporary name and renames it, so that it is complete or missing.
   * @param write makes the folder with the files of the dataset
   */
  async create(name: string, write: (folder: string) => Promise<unknown>): Promise<void> {
    await this.#inTemporary(name, async (temporary) => {
      await write(temporary)
      renameSync(temporary, this.folder(name))
    })
  }

  /**
   * Replaces a dataset by its next version, and keeps the files of this one as an earlier version. The new folder is made under a
   * temporary name, so that the dataset is one or the other whenever the studio is killed.
   * @param write makes the folder with the files of the next version; returns what has changed, or null if nothing has and the dataset stays
   */
  async replace(name: string, write: (folder: string) => Promise<DatasetChange | null>): Promise<DatasetChange | null> {
    const folder = this.folder(name)
    const before = join(this.#folder, replaced + name)
    return this.#inTemporary(name, async (temporary) => {
      const change = await write(temporary)
      if (change === null) return null
      this.#keepVersion(folder, temporary, change)
      keepExclusions(folder, temporary)
      renameSync(folder, before)
      try {
        renameSync(temporary, folder)
      } catch (cause) {
        renameSync(before, folder)
        throw cause
      }
      rmSync(before, { recursive: true, force: true })
      return change
    })
  }

  /**
   * Stores splits beside the others, in a file that is complete or missing.
   * @param write writes the file; returns the name of the split set
   * @throws StudioError `run-state` if the dataset has another version, or splits of that name, by then
   */
  async addSplits(
    name: string,
    write: (file: string) => Promise<DrawnSplitSet['name']>,
  ): Promise<DrawnSplitSet['name']> {
    const folder = this.folder(name)
    const file = join(this.#folder, `${unfinished}${name}.${randomUUID()}.json`)
    const { digest } = this.whole(name).detail
    try {
      const set = await write(file)
      if (this.whole(name).detail.digest !== digest || drawnSplitNames(folder).includes(set))
        throw new StudioError(
          'run-state',
          `The dataset ${name} was changed while its splits were drawn.`,
          'Draw them again.',
        )
      placeDrawnSplits(folder, set, file)
      return set
    } finally {
      rmSync(file, { force: true })
    }
  }

  /** @param task moves the folder to its place, or leaves it to be removed */
  async #inTemporary<T>(name: string, task: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = join(this.#folder, unfinished + name)
    try {
      rmSync(temporary, { recursive: true, force: true })
      return await task(temporary)
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  }

  /** Takes over the earlier versions and, as the latest of them, the files of the current one. */
  #keepVersion(folder: string, to: string, change: DatasetChange): void {
    const versions = join(to, datasetFiles.versions)
    const earlier = earlierVersions(folder)
    for (const { number, folder: version } of earlier) linkAll(version, join(versions, String(number)))
    const kept = join(versions, String((earlier.at(-1)?.number ?? 0) + 1))
    mkdirSync(kept, { recursive: true })
    for (const file of versionFiles) {
      const from = join(folder, file)
      if (existsSync(from)) linkAll(from, join(kept, file))
    }
    const document: ReplacedFile = { version: 1, replacedAt: new Date().toISOString(), change }
    writeJson(join(kept, datasetFiles.replaced), document)
  }

  remove(name: string): void {
    rmSync(this.folder(name), { recursive: true, force: true })
  }

  /** Removes what a studio left behind that was killed during `create` or `replace`, and restores what it had not replaced. */
  removeUnfinished(): void {
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith(unfinished)) rmSync(join(this.#folder, name), { recursive: true })
      if (!name.startsWith(replaced)) continue
      const folder = this.folder(name.slice(replaced.length))
      if (existsSync(folder)) rmSync(join(this.#folder, name), { recursive: true })
      else renameSync(join(this.#folder, name), folder)
    }
  }
}

/** What of a dataset's folder belongs to one version. */
const versionFiles = [
  datasetFiles.manifest,
  datasetFiles.samples,
  datasetFiles.verified,
  datasetFiles.splitSets,
  datasetFiles.exclusions,
]

/** What was excluded stays so: samples are known by their paths. */
function keepExclusions(from: string, to: string): void {
  const sets = join(from, datasetFiles.exclusions)
  if (existsSync(sets)) linkAll(sets, join(to, datasetFiles.exclusions))
}
