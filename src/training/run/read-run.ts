import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { type DatasetManifest, datasetManifest } from '#contract/domain/dataset.ts'
import { runFiles } from '#contract/domain/run-event.ts'
import { type RunFile, runFile } from '#contract/domain/run.ts'

/** Reads the frozen configuration of a run. */
export const readRunFile = (folder: string): RunFile => readJson(join(folder, runFiles.run), runFile)

export const readManifestFile = (path: string): DatasetManifest => readJson(path, datasetManifest)

/** Reads the manifest that a run trains on; it must be the one that the run was launched with. */
export function readManifest({ dataset }: RunFile): DatasetManifest {
  const manifest = readManifestFile(dataset.manifest)
  if (manifest.digest !== dataset.digest) {
    throw new StudioError(
      'dataset-changed',
      `The dataset ${dataset.name} is no longer the one that this run was launched with.`,
      'Import the same files again under the same name, or launch a new pipeline.',
    )
  }
  return manifest
}

function readJson<S extends z.ZodType>(path: string, schema: S): z.infer<S> {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new StudioError(
      'bad-request',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Restore the file from a backup, or launch the pipeline again.',
      { cause },
    )
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success)
    throw new StudioError(
      'bad-request',
      `${path} is not what it should be:\n${z.prettifyError(parsed.error)}`,
      'Restore the file from a backup, or launch the pipeline again.',
    )
  return parsed.data
}
