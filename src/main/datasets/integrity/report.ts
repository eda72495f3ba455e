import { setImmediate } from 'node:timers/promises'
import { csvOf } from '#contract/csv.ts'
import { classNameOf, type DatasetManifest, samplesOf } from '#contract/domain/dataset.ts'
import type { ExclusionReason } from '#contract/domain/exclusions.ts'
import type { Finding } from '#contract/domain/integrity.ts'
import type { KnownFiles } from './known-files.ts'

const rowsPerPiece = 1000

/** Columns of the report. */
const columns = ['path', 'sample', 'split', 'classes', 'verdict', 'reason', 'excluded']

const verdictsOf = (findings: readonly Finding[]) => [
  [...new Set(findings.map(({ verdict }) => verdict))].join('; '),
  findings.map(({ reason }) => reason).join(' '),
]

/**
 * Reports the lines of a CSV file in pieces: one for each sample, then one for each file that is not in the dataset.
 * @param manifest with the splits also of excluded samples
 * @returns the last piece
 */
export async function reportLines(
  manifest: DatasetManifest,
  known: KnownFiles,
  excluded: Readonly<Record<string, ExclusionReason>>,
  report: (piece: string) => void,
  signal: AbortSignal,
): Promise<string> {
  let rows: (readonly string[])[] = [columns]
  const inDataset = new Set<string>()
  for (const { id, video, split, labels } of samplesOf(manifest)) {
    inDataset.add(video.path)
    const classes = manifest.labelSets.flatMap((labelSet) => classNameOf({ labels }, labelSet) ?? [])
    const findings = verdictsOf(known.findingsOf(video.path))
    rows.push([video.path, id, split ?? '', classes.join('; '), ...findings, excluded[id] ?? ''])
    if (rows.length < rowsPerPiece) continue
    report(csvOf(rows))
    rows = []
    await setImmediate()
    signal.throwIfAborted()
  }
  const others = Map.groupBy(
    known.findings().filter(({ path }) => !inDataset.has(path)),
    ({ path }) => path,
  )
  for (const [path, findings] of others) rows.push([path, '', '', '', ...verdictsOf(findings), ''])
  return csvOf(rows)
}
