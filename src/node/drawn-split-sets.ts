import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetLine } from '#contract/domain/dataset-lines.ts'
import { drawnSplitSets } from '#contract/domain/dataset.ts'
import { drawnSplitSet, type DrawnSplitSet } from '#contract/domain/drawn-split-set.ts'
import { datasetFiles } from '#contract/layout.ts'
import { readJson } from './json-file.ts'

/** Names of the splits that were drawn after the import of the dataset in a folder. Reads none of them. */
export function drawnSplitNames(folder: string): DrawnSplitSet['name'][] {
  const sets = join(folder, datasetFiles.splitSets)
  if (!existsSync(sets)) return []
  const files = readdirSync(sets)
  return drawnSplitSets.filter((name) => files.includes(`${name}.json`))
}

const fileOf = (folder: string, name: DrawnSplitSet['name']): string =>
  join(folder, datasetFiles.splitSets, `${name}.json`)

/** Files of the splits that were drawn after the import of a dataset, in the order of their names. */
export const drawnSplitFiles = (folder: string): string[] => drawnSplitNames(folder).map((name) => fileOf(folder, name))

/**
 * Splits that were drawn after the import of the dataset in a folder.
 * @throws StudioError `bad-request` that names a damaged file
 */
export const readDrawnSplits = (folder: string): DrawnSplitSet[] =>
  drawnSplitFiles(folder).map((file) => readJson(file, drawnSplitSet))

/** One of them; undefined if it was not drawn. @throws StudioError `bad-request` that names a damaged file */
export const readDrawnSplit = (folder: string, name: string): DrawnSplitSet | undefined => {
  const drawn = drawnSplitNames(folder).find((one) => one === name)
  return drawn === undefined ? undefined : readJson(fileOf(folder, drawn), drawnSplitSet)
}

/** Moves the file of a split beside the others. The files of the dataset stay as they are. */
export function placeDrawnSplits(folder: string, name: DrawnSplitSet['name'], from: string): void {
  mkdirSync(join(folder, datasetFiles.splitSets), { recursive: true })
  renameSync(from, fileOf(folder, name))
}

/** Lines of a dataset with the splits that were drawn after its import. */
export function* withDrawnSplits(lines: Iterable<DatasetLine>, sets: readonly DrawnSplitSet[]): Generator<DatasetLine> {
  // Most datasets have none, and hundreds of thousands of lines.
  if (sets.length === 0) return yield* lines
  for (const line of lines) {
    if ('broken' in line) {
      yield line
      continue
    }
    const splits = { ...line.splits }
    for (const { name, splits: drawn } of sets) {
      const split = drawn[line.id]
      if (split !== undefined) splits[name] = split
    }
    yield { ...line, splits }
  }
}
