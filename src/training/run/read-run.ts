import { dirname, join, resolve } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { type DatasetManifest, type SplitSetName, type UsedExclusions, withSplitSet } from '#contract/domain/dataset.ts'
import { withoutExcluded } from '#contract/domain/exclusions.ts'
import { type RunFile, runFile } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { datasetChanged, findChangedVideos } from '#node/changed-videos.ts'
import { readDataset } from '#node/dataset-files.ts'
import { manifestWithDigest } from '#node/dataset-versions.ts'
import { excludedSamples } from '#node/exclusions.ts'
import { readJson } from '#node/json-file.ts'
import { workspaceOfRun } from '#node/workspace-paths.ts'

/** Reads the frozen configuration of a run, with absolute paths. Its dataset is the version with which it was launched. */
export function readRunFile(folder: string): RunFile {
  const file = readJson(join(folder, runFiles.run), runFile)
  const workspace = workspaceOfRun(folder)
  const manifest = manifestWithDigest(resolve(workspace, file.dataset.manifest), file.dataset.digest)
  return {
    ...file,
    dataset: { ...file.dataset, manifest },
    frameCache: resolve(workspace, file.frameCache),
    ...(file.targetCache === undefined ? {} : { targetCache: resolve(workspace, file.targetCache) }),
  }
}

/** Reads a dataset, by the path of its header, for use with one of its split sets and without the excluded samples. */
export const readManifestFile = (path: string, splitSet: SplitSetName, exclusions?: UsedExclusions): DatasetManifest =>
  withoutExcluded(withSplitSet(readDataset(path), splitSet), excludedSamples(path, exclusions))

/** Reads the manifest that a run trains on; it must be the one with which the run was launched. */
export function readManifest({ dataset, general }: RunFile): DatasetManifest {
  const manifest = readManifestFile(dataset.manifest, general.splitSet, dataset.exclusions)
  if (manifest.digest !== dataset.digest) {
    throw new StudioError(
      'dataset-changed',
      `The dataset ${dataset.name} has changed since this run was launched.`,
      'Import the same files again under the same name, or launch a new pipeline.',
    )
  }
  return manifest
}

/**
 * Compares the videos of a run with the manifest before it computes, and names those that are missing or changed. They are left to the
 * rule for videos that cannot be read.
 * @throws StudioError `video-unreadable` if the disk with the videos does not answer
 */
export async function checkVideos(
  { dataset, general }: RunFile,
  manifest: DatasetManifest,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const changes = await findChangedVideos(manifest, dirname(dataset.manifest), {
    signal,
    answerMs: general.decodeTimeout * 1000,
  })
  if (changes.length === 0) return
  const problem = datasetChanged(dataset.name, changes)
  if (problem.code === 'video-unreadable') throw problem
  warn(`${problem.message} Other videos replace those whose frames are not in the frame cache.`)
}
