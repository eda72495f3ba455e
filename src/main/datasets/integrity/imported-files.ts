import type { ReadFolder } from '../import.ts'
import { copiesOf } from './compare.ts'
import { findingsOfVideo } from './findings.ts'
import type { Comparison, FileRecord } from './records.ts'
import { inNoList, recordOfInspection } from './verification.ts'

/** What an import found out about the files of a dataset. */
export interface ImportedFiles {
  readonly records: readonly FileRecord[]
  readonly comparison: Comparison
}

/**
 * What is known of the files of a folder that was read. Pictures are compared if every frame was decoded. Otherwise nothing is recorded of a video
 * whose header says nothing unusual: it is as unknown as before.
 */
export async function importedFiles(
  { manifest, inspected, contents, notListed }: ReadFolder,
  signal: AbortSignal,
): Promise<ImportedFiles> {
  const isDecoded = manifest.report.check !== 'index'
  const records = inspected
    .map((video) => recordOfInspection(video, statsOf(video), isDecoded))
    .filter((record) => isDecoded || findingsOfVideo({ path: record.path, frameCount: 0 }, record).length > 0)
  const fingerprints = new Map(records.map(({ path, traits }) => [path, traits?.fingerprint]))
  const { repeated, nearDuplicates } = await copiesOf(
    manifest.videos.map(({ path, durationMs }) => ({ path, durationMs, fingerprint: fingerprints.get(path) })),
    contents,
    manifest,
    signal,
  )
  return {
    records,
    comparison: { repeated, ...(isDecoded ? { nearDuplicates } : {}), notListed: notListed.map(inNoList) },
  }
}

/** Size and time of a readable file; a file that cannot be read is opened again by the next verification. */
function statsOf(video: ReadFolder['inspected'][number]) {
  if (!('facts' in video) || video.facts.modifiedAtMs === undefined) return undefined
  const { sizeBytes, modifiedAtMs } = video.facts
  return { sizeBytes, modifiedAtMs }
}
