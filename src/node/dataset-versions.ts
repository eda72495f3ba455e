import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { datasetFiles } from '#contract/layout.ts'
import { readJson } from './json-file.ts'

const anyHeader = z.looseObject({ digest: z.string() })

/** Numbers and folders of the earlier versions of the dataset in a folder, oldest first. */
export function earlierVersions(folder: string): { number: number; folder: string }[] {
  const versions = join(folder, datasetFiles.versions)
  if (!existsSync(versions)) return []
  return readdirSync(versions)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map((name) => ({ number: Number(name), folder: join(versions, name) }))
    .toSorted((a, b) => a.number - b.number)
}

/**
 * The header of the version of a dataset with a digest: the current one if no version has it.
 * @param manifest header of the current version
 */
export function manifestWithDigest(manifest: string, digest: string): string {
  if (readJson(manifest, anyHeader).digest === digest) return manifest
  const earlier = earlierVersions(dirname(manifest)).map(({ folder }) => join(folder, datasetFiles.manifest))
  return earlier.findLast((file) => readJson(file, anyHeader).digest === digest) ?? manifest
}
