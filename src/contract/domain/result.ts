import { z } from 'zod'

/** Accuracy of a tested classifier. Shares from 0 to 1. */
const classificationResult = z.object({
  task: z.literal('classification'),
  top1: z.number(),
  top5: z.number(),
  videos: z.int(),
  views: z.int(),
  classes: z.array(z.string()),
  /** Row = true class, column = predicted class, counts of videos. */
  confusion: z.array(z.array(z.int())),
})

/** Results from before there were tasks are classifications. */
const withTask = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !('task' in value) ? { task: 'classification', ...value } : value

/** Result of a test, by the task of the model. A new task adds a member here and a view in the window. */
export const testResult = z.preprocess(withTask, z.discriminatedUnion('task', [classificationResult]))
export type TestResult = z.infer<typeof testResult>
