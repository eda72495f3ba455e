import { setImmediate } from 'node:timers/promises'
import { csvOf } from '#contract/csv.ts'
import { defaultSplitOf } from '#contract/domain/dataset-lines.ts'
import { classNameOf, type Video } from '#contract/domain/dataset.ts'
import type { ExclusionReason } from '#contract/domain/exclusions.ts'
import type { Finding } from '#contract/domain/integrity.ts'
import type { StoredDataset } from '#node/dataset-files.ts'
import type { FindingRows } from './finding-rows.ts'

const rowsPerPiece = 1000

/** Columns of the report. */
const columns = ['path', 'sample', 'split', 'classes', 'verdict', 'reason', 'excluded']

const verdictsOf = (findings: readonly Finding[]) => [
  [...new Set(findings.map(({ verdict }) => verdict))].join('; '),
  findings.map(({ reason }) => reason).join(' '),
]

interface ReportedDataset {
  /** With the splits also of excluded samples. */
  readonly dataset: StoredDataset
  /** A video of the dataset by its id. */
  readonly videoOf: (id: string) => Pick<Video, 'path'> | undefined
  readonly findings: Pick<FindingRows, 'ofFile' | 'outside'>
  /** Why samples are excluded, by their ids. */
  readonly excluded: Readonly<Record<string, ExclusionReason>>
}

/**
 * Reports the lines of a CSV file in pieces: one for each sample, then one for each file that is not in the dataset.
 * @returns the last piece
 */
export async function reportLines(
  { dataset: { detail, lines }, videoOf, findings, excluded }: ReportedDataset,
  report: (piece: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { name, labelSets } = detail
  let rows: (readonly string[])[] = [columns]
  for (const line of lines()) {
    if ('broken' in line) continue
    const { id, video, splits, labels } = line
    const classes = labelSets.flatMap((labelSet) => classNameOf({ labels }, labelSet) ?? [])
    const path = (typeof video === 'string' ? videoOf(video) : video)?.path ?? ''
    const found = verdictsOf(findings.ofFile(name, path))
    rows.push([path, id, defaultSplitOf(splits) ?? '', classes.join('; '), ...found, excluded[id] ?? ''])
    if (rows.length < rowsPerPiece) continue
    report(csvOf(rows))
    rows = []
    await setImmediate()
    signal.throwIfAborted()
  }
  const others = Map.groupBy(findings.outside(name), ({ path }) => path)
  for (const [path, found] of others) rows.push([path, '', '', '', ...verdictsOf(found), ''])
  return csvOf(rows)
}
