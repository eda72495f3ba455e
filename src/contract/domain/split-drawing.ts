import { z } from 'zod'

const percent = z.number({ error: 'Give a percentage between 0 and 100.' }).min(0).max(100)

/** Percentages of the splits. A few millionths may be missing, so that thirds can be given. */
const ratio = z
  .object({ train: percent.gt(0, 'Training needs more than 0 %.'), validation: percent, test: percent })
  .superRefine(({ train, validation, test }, context) => {
    const sum = Math.round((train + validation + test) * 1e5) / 1e5
    if (sum !== 100)
      context.addIssue({
        code: 'custom',
        message: `The percentages of training, validation and test must sum to 100, not ${sum}.`,
      })
  })
export type SplitRatio = z.infer<typeof ratio>

/** What is wrong with a pattern of file names; undefined if nothing is. */
function patternProblem(pattern: string): string | undefined {
  if (!isExpression(pattern)) return undefined
  try {
    // An empty alternative matches everything, so that the groups of the expression can be counted.
    const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1
    return groups === 1 ? undefined : `The expression must have one group in parentheses, not ${groups}.`
  } catch (cause) {
    return `The expression is not valid: ${cause instanceof Error ? cause.message : String(cause)}.`
  }
}

/** Whether a pattern is a regular expression, which has a group, and not the text before which the group ends. */
const isExpression = (pattern: string): boolean => pattern.includes('(')

const namePattern = z
  .string()
  .min(1, 'Give a text such as "_", or an expression with one group such as "_(g[0-9]+)_".')
  .superRefine((pattern, context) => {
    const message = patternProblem(pattern)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** Which videos stay together. */
const grouping = z.discriminatedUnion('by', [
  z.object({ by: z.literal('none') }),
  /** Those in the same folder; with one folder per class, below the folder of the class. */
  z.object({ by: z.literal('folder') }),
  /** Those whose file names agree in what is before a text, or in the group of a regular expression. */
  z.object({ by: z.literal('name'), pattern: namePattern }),
  /** Those with the same content, and those that look the same. */
  z.object({ by: z.literal('near-duplicates') }),
])
export type Grouping = z.infer<typeof grouping>

/** How splits that a folder does not give are drawn. */
export const splitDrawing = z.object({ ratio, seed: z.int().min(0).max(0xffffffff), groupBy: grouping })
export type SplitDrawing = z.infer<typeof splitDrawing>

export const defaultDrawing: SplitDrawing = {
  ratio: { train: 70, validation: 10, test: 20 },
  seed: 0,
  groupBy: { by: 'none' },
}

/** The part of a file name, without its folders and ending, that names its group; undefined if the pattern does not match. */
export function groupInName(pattern: string): (name: string) => string | undefined {
  if (isExpression(pattern)) {
    const expression = new RegExp(pattern)
    return (name) => expression.exec(name)?.[1] || undefined
  }
  return (name) => {
    const end = name.indexOf(pattern)
    return end <= 0 ? undefined : name.slice(0, end)
  }
}

/** How splits were drawn, as a sentence. */
export function describeDrawing({ ratio: { train, validation, test }, seed, groupBy }: SplitDrawing): string {
  return `Splits were drawn of each class with seed ${seed}: ${train} % training, ${validation} % validation, ${test} % test${keptTogether(groupBy)}.`
}

function keptTogether(groupBy: Grouping): string {
  switch (groupBy.by) {
    case 'none':
      return ''
    case 'folder':
      return '; videos of a folder stay together'
    case 'name':
      return `; videos whose names agree in ${groupBy.pattern} stay together`
    case 'near-duplicates':
      return '; copies and near duplicates stay together'
  }
}
