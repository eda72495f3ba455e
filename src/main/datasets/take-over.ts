import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Video } from '#contract/domain/dataset.ts'
import { datasetFiles } from '#contract/layout.ts'
import { openDataset } from '#node/dataset-files.ts'
import { IntegrityFile } from './integrity/records.ts'
import { linkOrCopy } from './link-files.ts'

/**
 * Takes over from a version of a dataset what holds for the videos that the next version has unchanged: their previews and, if the next one
 * read headers alone, what is known of the decoded ones.
 * @param from the folder of the version
 * @param to the folder of the next one
 */
export function takeOver(from: string, to: string, areDecodedKept: boolean): void {
  const same = new Set<string>()
  for (const { id, path } of unchangedVideos(from, to)) {
    same.add(path)
    const preview = join(from, `${id}.webp`)
    if (existsSync(preview)) linkOrCopy(preview, join(to, `${id}.webp`))
  }
  if (!areDecodedKept) return
  const known = [...new IntegrityFile(from).read().files.values()]
  const kept = known.filter(({ path, isDecoded }) => isDecoded && same.has(path))
  new IntegrityFile(to).add(kept.map((file) => ({ file })))
}

/** The videos of the version in a folder that have the same path and content in the version in another one. */
function* unchangedVideos(from: string, to: string): Generator<Video> {
  const digests = new Map<string, string>()
  for (const { id, digest } of videosIn(to)) digests.set(id, digest)
  for (const video of videosIn(from)) if (digests.get(video.id) === video.digest) yield video
}

function* videosIn(folder: string): Generator<Video> {
  for (const line of openDataset(join(folder, datasetFiles.manifest)).lines())
    if (!('broken' in line) && typeof line.video !== 'string') yield line.video
}
