import type { TestResult } from './result.ts'

/** Result of a classifier on the videos of one class. */
export interface ClassScore {
  label: string
  videos: number
  correct: number
  /** Share of the class's videos that were classified correctly; null if it has none. */
  recall: number | null
  /** The most frequent wrong prediction, if any. */
  mistakenFor: { label: string; count: number } | null
}

/** Scores per class. Rows of the confusion matrix are true classes, columns predictions. */
export function classScores({ classes, confusion }: Pick<TestResult, 'classes' | 'confusion'>): ClassScore[] {
  return classes.map((label, index) => {
    const row = confusion[index] ?? []
    const videos = row.reduce((sum, count) => sum + count, 0)
    const correct = row[index] ?? 0
    const wrong = Math.max(0, ...row.filter((_, column) => column !== index))
    const other = row.findIndex((count, column) => column !== index && count === wrong && count > 0)
    return {
      label,
      videos,
      correct,
      recall: videos === 0 ? null : correct / videos,
      mistakenFor: other < 0 ? null : { label: classes[other] ?? '', count: wrong },
    }
  })
}
