import type { SplitDrawing } from '#contract/domain/split-drawing.ts'
import { t } from './language.ts'

/** How splits were drawn, in the language of the window; in English as the command line says it. */
export function drawingText({ ratio, seed, groupBy }: SplitDrawing): string {
  const shares = { train: ratio.train, validation: ratio.validation, test: ratio.test, seed }
  switch (groupBy.by) {
    case 'none':
      return t('datasets.drawing.drawn', shares)
    case 'folder':
      return t('datasets.drawing.drawnByFolder', shares)
    case 'name':
      return t('datasets.drawing.drawnByName', { ...shares, pattern: groupBy.pattern })
    case 'near-duplicates':
      return t('datasets.drawing.drawnByDuplicates', shares)
  }
}
