import { compareResults, formatDifference, type ResultCell } from '#contract/comparison/results.ts'
import { classScores } from '#contract/domain/class-scores.ts'
import { resultNotes, type TestResult } from '#contract/domain/result.ts'
import { formatQuantity, formatShare } from '#contract/format.ts'
import { type Block, heading, list, paragraph } from './document.ts'
import { factTable, nameOf, type ReportedRun } from './reported-run.ts'

/** A confusion matrix of more classes is no table that a person reads. */
const maxConfusionClasses = 20

/** Accuracy per class and the confusion matrix of each test. */
export function testResults(runs: readonly ReportedRun[]): Block[] {
  const tested = runs.flatMap((reported) =>
    reported.run.result === null ? [] : [{ reported, result: reported.run.result }],
  )
  if (tested.length === 0) return []
  const all = tested.map(({ result }) => result)
  const versions = new Set(tested.map(({ reported: { pipeline } }) => `${pipeline.dataset} ${pipeline.datasetDigest}`))
  return [
    heading('Tests'),
    ...(versions.size > 1
      ? [
          paragraph(
            'The tests used different datasets, or versions of a dataset. Differences between them include that.',
          ),
        ]
      : []),
    ...list(tested.flatMap(({ reported, result }) => resultNotes(result).map((note) => `${reported.number}: ${note}`))),
    factTable(
      `Accuracy, with the difference to ${tested[0]?.reported.number ?? ''} in percentage points.`,
      'Class',
      tested.map(({ reported }) => reported),
      [...compareResults(all), ...classRows(all)].map(({ label, cells }) => ({ label, values: cells.map(cellText) })),
    ),
    ...tested.flatMap(({ reported, result }) => confusion(reported, result)),
  ]
}

/** Accuracy on the videos of each class, with the difference to the first result. */
function classRows(results: readonly TestResult[]): { label: string; cells: (ResultCell | null)[] }[] {
  const scores = results.map((result) => new Map(classScores(result).map(({ label, recall }) => [label, recall])))
  const labels = [...new Set(scores.flatMap((byClass) => [...byClass.keys()]))]
  return labels.map((label) => {
    const baseline = scores[0]?.get(label) ?? null
    return {
      label,
      cells: scores.map((byClass, index) => {
        const share = byClass.get(label) ?? null
        return share === null ? null : { share, difference: index === 0 || baseline === null ? null : share - baseline }
      }),
    }
  })
}

const cellText = (cell: ResultCell | null): string | undefined =>
  cell === null
    ? undefined
    : `${formatShare(cell.share)}${cell.difference === null ? '' : ` (${formatDifference(cell.difference)})`}`

function confusion(reported: ReportedRun, { classes, confusion: counts, videos }: TestResult): Block[] {
  const title = heading(`Confusion matrix of ${reported.number}, ${nameOf(reported)}`, 3)
  if (classes.length > maxConfusionClasses)
    return [
      title,
      paragraph(`Left out, since it has ${classes.length} classes. The window shows it, and the result file has it.`),
    ]
  return [
    title,
    {
      kind: 'table',
      caption: `Rows are true classes, columns predictions: counts of ${formatQuantity(videos, 'video')}.`,
      head: ['True class', ...classes],
      rows: classes.map((label, row) => [label, ...classes.map((_, column) => String(counts[row]?.[column] ?? 0))]),
      numeric: classes.map((_, index) => index + 1),
    },
  ]
}
