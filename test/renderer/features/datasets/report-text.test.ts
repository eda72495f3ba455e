import { expect, test } from 'vitest'
import { describeLeftOut, describeSource, leftOutReasons } from '#contract/domain/import-report.ts'
import { leftOutText, sourceText } from '#renderer/features/datasets/report-text.ts'

test.each(leftOutReasons.flatMap((reason) => [1, 3].map((count) => [reason, count] as const)))(
  'files left out as %s (%d) are described as on the command line',
  (reason, count) => {
    for (const ending of reason === 'ending' ? ['', '.txt'] : ['']) {
      const files = { reason, count, ending, examples: ['a'] }
      expect(leftOutText(files)).toBe(describeLeftOut(files))
    }
  },
)

test.each([
  { format: 'folder-per-class' } as const,
  {
    format: 'split-folders',
    folders: [
      { name: 'val', split: 'validation' },
      { name: 'test', split: 'test' },
    ],
  } as const,
  { format: 'labels-csv', file: 'labels.csv', encoding: 'UTF-8', delimiter: ';' } as const,
  { format: 'labels-csv', file: 'labels.csv', encoding: 'UTF-8', delimiter: ' ' } as const,
  { format: 'lists', layout: 'UCF101', files: ['classInd.txt', 'trainlist01.txt', 'a', 'b', 'c'] } as const,
  { format: 'lists', layout: 'paths', files: ['train.txt'] } as const,
  { format: 'webdataset', tarFiles: 1, classes: null } as const,
  { format: 'webdataset', tarFiles: 12, classes: 'json' } as const,
  { format: 'webdataset', tarFiles: 12, classes: 'cls', classFile: 'classes.txt' } as const,
  {
    format: 'table',
    files: ['train.csv', 'val.csv'],
    columns: { table: 'train.csv', path: 'file', labels: ['verb', 'noun'], split: 'fold', start: 't0', end: 't1' },
  } as const,
])('the source $format is described as on the command line', (source) => {
  const mutable = structuredClone(source) as Parameters<typeof sourceText>[0]
  expect(sourceText(mutable)).toBe(describeSource(mutable))
})
