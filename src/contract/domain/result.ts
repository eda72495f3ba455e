import { z } from 'zod'
import { formatQuantity, formatShare } from '../format.ts'
import { classesOf } from './class-coverage.ts'

/** Whether top-5 says anything: among five classes or fewer, the true one is always among the first five. */
export const hasTopFive = (classes: number): boolean => classes > 5

/** Accuracy of a tested classifier. Shares from 0 to 1. */
const classificationResult = z.object({
  task: z.literal('classification'),
  top1: z.number(),
  /** Null for fewer than six classes; see `hasTopFive`. */
  top5: z.number().nullable(),
  videos: z.int(),
  views: z.int(),
  classes: z.array(z.string()),
  /** Row = true class, column = predicted class, counts of videos. */
  confusion: z.array(z.array(z.int())),
  /** Videos of each class on which the classifier was fine-tuned. Absent if that is unknown. */
  trainingVideos: z.array(z.int()).optional(),
  /** Which tested videos were right at top-1, in the order of their ids; see `packHits`. Absent in results from before it was recorded. */
  hits: z.string().optional(),
})

/** Results from before there were tasks are classifications. Early results have a top-5 whatever the number of classes. */
function upgrade(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const withTask = 'task' in value ? value : { task: 'classification', ...value }
  return 'classes' in value && Array.isArray(value.classes) && !hasTopFive(value.classes.length)
    ? { ...withTask, top5: null }
    : withTask
}

/** Result of a test, by the task of the model. A new task adds a member here and a view in the window. */
export const testResult = z.preprocess(upgrade, z.discriminatedUnion('task', [classificationResult]))
export type TestResult = z.infer<typeof testResult>

/** Packs one bit per video into hexadecimal digits, the first video in the highest bit. */
export function packHits(hits: readonly boolean[]): string {
  const digits = Array.from({ length: Math.ceil(hits.length / 4) }, (_, digit) =>
    [8, 4, 2, 1].reduce((sum, bit, place) => sum + (hits[digit * 4 + place] === true ? bit : 0), 0),
  )
  return digits.map((digit) => digit.toString(16)).join('')
}

const unpackHits = (packed: string, videos: number): boolean[] =>
  Array.from(
    { length: videos },
    (_, video) => (Number.parseInt(packed[Math.floor(video / 4)] ?? '0', 16) & (8 >> (video % 4))) !== 0,
  )

/**
 * In how many videos only one of two tests was right. Both must have tested the same videos of the same dataset and label set.
 * Undefined if a result does not say which videos were right, or if their numbers differ.
 */
export function discordantVideos(
  first: TestResult,
  second: TestResult,
): { onlyFirst: number; onlySecond: number } | undefined {
  if (first.hits === undefined || second.hits === undefined || first.videos !== second.videos) return undefined
  const [left, right] = [unpackHits(first.hits, first.videos), unpackHits(second.hits, second.videos)]
  return {
    onlyFirst: left.filter((hit, video) => hit && right[video] === false).length,
    onlySecond: right.filter((hit, video) => hit && left[video] === false).length,
  }
}

/** Top-1 over the classes that had training videos. */
export interface TrainedAccuracy {
  readonly top1: number
  readonly videos: number
  readonly classes: number
}

/** Undefined if the training videos are unknown, or if every tested class had some: then it is the top-1 of all videos. */
export function trainedAccuracy({ classes, confusion, trainingVideos }: TestResult): TrainedAccuracy | undefined {
  if (trainingVideos === undefined) return undefined
  let [correct, videos, tested, untrained] = [0, 0, 0, 0]
  classes.forEach((_, index) => {
    const row = confusion[index] ?? []
    const count = sum(row)
    if (count === 0) return
    if (trainingVideos[index] === 0) untrained += 1
    else {
      tested += 1
      videos += count
      correct += row[index] ?? 0
    }
  })
  return untrained === 0 || videos === 0 ? undefined : { top1: correct / videos, videos, classes: tested }
}

/** Sentences to show beside a result: what it does not measure, and what makes it wrong. */
export function resultNotes(result: TestResult): string[] {
  const { classes, confusion, trainingVideos, videos, top1 } = result
  if (confusion.length !== classes.length) return []
  const counts = confusion.map(sum)
  const held = sum(counts)
  const correct = confusion.reduce((total, row, index) => total + (row[index] ?? 0), 0)
  const named = (test: (index: number) => boolean) => classes.filter((_, index) => test(index))
  const untrained = named((index) => trainingVideos?.[index] === 0 && (counts[index] ?? 0) > 0)
  const untested = named((index) => counts[index] === 0)
  const trained = trainedAccuracy(result)
  return [
    ...(held === videos && Math.round(top1 * videos) <= correct
      ? []
      : [
          `This result is wrong: the confusion matrix holds ${held} of the ${formatQuantity(videos, 'tested video')}, so some scores were not numbers. Run the test again.`,
        ]),
    ...(untrained.length === 0
      ? []
      : [
          `${classesOf(untrained)} had no training videos, so ${untrained.length === 1 ? 'its' : 'their'} test videos count as errors.${trained === undefined ? '' : ` Top-1 over the ${formatQuantity(trained.classes, 'class', 'classes')} with training and test videos is ${formatShare(trained.top1)} (${formatQuantity(trained.videos, 'video')}).`}`,
        ]),
    ...(untested.length === 0 || held === 0
      ? []
      : [`${classesOf(untested)} had no test videos and ${untested.length === 1 ? 'is' : 'are'} not measured.`]),
  ]
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
