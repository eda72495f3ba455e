import type { TestResult } from '#contract/domain/run.ts'

/** How a classifier did on the videos of one class. */
export interface ClassScore {
  label: string
  videos: number
  right: number
  /** Share of the class's videos that were recognised; null where it has none. */
  recall: number | null
  /** The class it was most often taken for, if any. */
  mistakenFor: { label: string; count: number } | null
}

/** Reads each class's row of the confusion matrix. */
export function classScores({ classes, confusion }: Pick<TestResult, 'classes' | 'confusion'>): ClassScore[] {
  return classes.map((label, index) => {
    const row = confusion[index] ?? []
    const videos = row.reduce((sum, count) => sum + count, 0)
    const right = row[index] ?? 0
    const wrong = Math.max(0, ...row.filter((_, column) => column !== index))
    const other = row.findIndex((count, column) => column !== index && count === wrong && count > 0)
    return {
      label,
      videos,
      right,
      recall: videos === 0 ? null : right / videos,
      mistakenFor: other < 0 ? null : { label: classes[other] ?? '', count: wrong },
    }
  })
}
