import type { Task } from '#node/serve-task.ts'
import { runReference } from '../reference/run.ts'

/** Compares the studio with recorded numbers, case by case. */
export const reference: Task<'reference'> = async (input, report, signal) => ({
  results: await runReference(input, (result, done, total) => report({ done, total, result }), signal),
})
