import { defaultDrawing, type Grouping, splitDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import { type Split, splits } from '#contract/domain/split.ts'
import { t } from '../../ui/language.ts'

/** What is typed into the fields by which splits are drawn. */
export interface DrawingForm {
  readonly ratio: Readonly<Record<Split, string>>
  readonly seed: string
  readonly groupBy: Grouping['by']
  readonly pattern: string
}

export const newDrawingForm = (): DrawingForm => ({
  ratio: { train: '70', validation: '10', test: '20' },
  seed: '0',
  groupBy: 'none',
  pattern: '',
})

type DrawingField = 'ratio' | 'seed' | 'pattern'

/** A drawing; undefined for the one without a choice, and with a sentence for a field that is not understood. */
export interface ReadDrawing {
  readonly drawing?: SplitDrawing
  readonly problem?: { readonly field: DrawingField; readonly text: string }
}

/** Reads the fields. */
export function readDrawing({ ratio, seed, groupBy, pattern }: DrawingForm): ReadDrawing {
  const shares = Object.fromEntries(splits.map((split) => [split, numberIn(ratio[split])]))
  const parsed = splitDrawing.safeParse({
    ratio: shares,
    seed: numberIn(seed),
    groupBy: groupBy === 'name' ? { by: groupBy, pattern } : { by: groupBy },
  })
  if (parsed.success)
    return JSON.stringify(parsed.data) === JSON.stringify(defaultDrawing) ? {} : { drawing: parsed.data }
  const [issue] = parsed.error.issues
  switch (issue?.path[0]) {
    case 'ratio': {
      const isSum = issue.path.length === 1
      const sum = Object.values(shares).reduce((all, share) => all + share, 0)
      return {
        problem: { field: 'ratio', text: isSum ? t('datasets.drawing.sum', { sum }) : t('datasets.drawing.share') },
      }
    }
    case 'seed':
      return { problem: { field: 'seed', text: t('datasets.drawing.noSeed') } }
    default:
      return {
        problem: {
          field: 'pattern',
          text: pattern === '' ? t('datasets.drawing.noPattern') : t('datasets.drawing.badPattern'),
        },
      }
  }
}

const numberIn = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text.replace(',', '.')))
