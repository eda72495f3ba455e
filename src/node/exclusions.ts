import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import type { UsedExclusions } from '#contract/domain/dataset.ts'
import { currentExclusions, exclusionSet, type ExclusionSet } from '#contract/domain/exclusions.ts'
import { currentExclusionsFile, datasetFiles } from '#contract/layout.ts'
import { readJson, readJsonIfPresent, writeJson } from './json-file.ts'

/** File in the folder of a dataset that says which set of exclusions new runs use. */
const currentExclusionsPath = (folder: string): string => join(folder, datasetFiles.exclusions, currentExclusionsFile)

const setPath = (folder: string, number: number): string => join(folder, datasetFiles.exclusions, `${number}.json`)

const digestOf = (samples: ExclusionSet['samples']): string =>
  createHash('sha256').update(Object.keys(samples).toSorted().join('\n')).digest('hex')

/**
 * Number of the set of exclusions that new runs on the dataset in a folder use; 0 without any. No two sets of a dataset have the same.
 * @throws StudioError `bad-request` that names a damaged file
 */
export const currentExclusionsOf = (folder: string): number =>
  readJsonIfPresent(currentExclusionsPath(folder), currentExclusions)?.number ?? 0

/**
 * The exclusions that new runs on the dataset in a folder use; undefined without any.
 * @throws StudioError `bad-request` that names a damaged file
 */
export function readExclusions(folder: string): ExclusionSet | undefined {
  const number = currentExclusionsOf(folder)
  return number === 0 ? undefined : readJson(setPath(folder, number), exclusionSet)
}

/**
 * The set of exclusions that a dataset or a run names; undefined if its file is missing or another one.
 * @throws StudioError `bad-request` that names a damaged file
 */
export function exclusionsOf(folder: string, used: UsedExclusions): ExclusionSet | undefined {
  const set = readJsonIfPresent(setPath(folder, used.number), exclusionSet)
  return set?.digest === used.digest && digestOf(set.samples) === used.digest ? set : undefined
}

/** Stores exclusions, which take the place of the current ones in new runs. Sets that runs have used stay as they are. */
export function writeExclusions(folder: string, samples: ExclusionSet['samples']): ExclusionSet {
  const sets = join(folder, datasetFiles.exclusions)
  mkdirSync(sets, { recursive: true })
  const numbers = readdirSync(sets).flatMap((file) => Number(/^(\d+)\.json$/.exec(file)?.[1] ?? 0))
  const set: ExclusionSet = {
    version: 1,
    number: Math.max(0, ...numbers) + 1,
    createdAt: new Date().toISOString(),
    previous: readExclusions(folder)?.number ?? 0,
    samples,
    digest: digestOf(samples),
  }
  writeJson(setPath(folder, set.number), set)
  choose(folder, set.number)
  return set
}

/** Returns to the exclusions before the current ones. @returns false if there are none */
export function undoExclusions(folder: string): boolean {
  const current = readExclusions(folder)
  if (current === undefined) return false
  choose(folder, current.previous)
  return true
}

function choose(folder: string, number: number): void {
  writeJson(currentExclusionsPath(folder), { version: 1, number } satisfies z.infer<typeof currentExclusions>)
}

/**
 * Ids of the samples that a pipeline leaves out.
 * @param manifest path of the header of the dataset
 * @throws StudioError `dataset-changed` if the file with them is missing or another one
 */
export function excludedSamples(manifest: string, used: UsedExclusions | undefined): ReadonlySet<string> {
  if (used === undefined) return new Set()
  const folder = dirname(manifest)
  const set = exclusionsOf(folder, used)
  if (set !== undefined) return new Set(Object.keys(set.samples))
  const file = setPath(folder, used.number)
  throw new StudioError(
    'dataset-changed',
    `The file ${file} with the samples that this run leaves out is ${existsSync(file) ? 'not the one of its launch' : 'missing'}.`,
    'Restore it from a backup, or launch a new pipeline.',
  )
}
