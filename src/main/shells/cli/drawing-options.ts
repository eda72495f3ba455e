import { type Command, InvalidArgumentError, Option } from 'commander'
import { describeIssues } from '#contract/api/issues.ts'
import {
  defaultDrawing,
  type Grouping,
  splitDrawing,
  type SplitDrawing,
  type SplitRatio,
} from '#contract/domain/split-drawing.ts'

/** Options of the verbs that draw splits. */
export interface DrawingOptions {
  readonly ratio?: SplitRatio
  readonly seed?: number
  readonly groupBy?: Grouping
}

/** Adds the options by which splits are drawn. */
export const addDrawingOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--ratio <train,validation,test>',
        'percentages of each class in drawn splits (default: 70,10,20)',
      ).argParser(parseRatio),
    )
    .addOption(new Option('--seed <number>', 'seed of drawn splits (default: 0)').argParser(parseSeed))
    .addOption(
      new Option(
        '--group-by <grouping>',
        'videos that stay together in drawn splits: folder, name:PATTERN for those whose names agree before a text (name:_) or in the group of a regular expression (name:_(g[0-9]+)_), or near-duplicates; none by default',
      ).argParser(parseGrouping),
    )

/** The drawing that options ask for; undefined if none is given. */
export const drawingOf = ({ ratio, seed, groupBy }: DrawingOptions): SplitDrawing | undefined =>
  ratio === undefined && seed === undefined && groupBy === undefined
    ? undefined
    : {
        ratio: ratio ?? defaultDrawing.ratio,
        seed: seed ?? defaultDrawing.seed,
        groupBy: groupBy ?? defaultDrawing.groupBy,
      }

/** @throws InvalidArgumentError unless the text has three percentages that sum to 100 */
export function parseRatio(text: string): SplitRatio {
  const shares = text.split(/[,/:]/).map((share) => share.trim().replace(/\s*%$/, ''))
  const [train, validation, test] = shares.map(Number)
  if (shares.length !== 3 || shares.includes(''))
    throw new InvalidArgumentError('Give three percentages, of training, validation and test: 70,10,20.')
  return checked(splitDrawing.shape.ratio.safeParse({ train, validation, test }))
}

/** @throws InvalidArgumentError unless the text is a seed */
export function parseSeed(text: string): number {
  const seed = splitDrawing.shape.seed.safeParse(/^\d+$/.test(text) ? Number(text) : undefined)
  if (seed.success) return seed.data
  throw new InvalidArgumentError('Give a whole number from 0 to 4294967295.')
}

/** @throws InvalidArgumentError that says what is wrong with the grouping */
export function parseGrouping(text: string): Grouping {
  if (text === 'none' || text === 'folder' || text === 'near-duplicates') return { by: text }
  const [, pattern] = /^name:(.*)$/s.exec(text) ?? []
  if (pattern === undefined) throw new InvalidArgumentError('Give none, folder, name:PATTERN or near-duplicates.')
  return checked(splitDrawing.shape.groupBy.safeParse({ by: 'name', pattern }))
}

function checked<T>(
  result: { success: true; data: T } | { success: false; error: { issues: Parameters<typeof describeIssues>[0] } },
): T {
  if (result.success) return result.data
  throw new InvalidArgumentError(describeIssues(result.error.issues))
}
