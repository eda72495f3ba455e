import type { DatasetPreview } from '#contract/domain/dataset-preview.ts'
import { defaultDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import type { Split } from '#contract/domain/split.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'

/**
 * What an import of a folder would read: by default the lists of UCF101; a table, drawn splits or folders of frames in a folder whose
 * name ends with `table`, `scenes` or `rawframes`.
 */
export const fakePreview = (root: string, columns?: TableColumns, drawing?: SplitDrawing): DatasetPreview => {
  if (root.endsWith('scenes')) return scenesPreview(root, drawing)
  return root.endsWith('table')
    ? tablePreview(root, columns)
    : { ...listsPreview(root), areFrames: root.endsWith('rawframes') }
}

/** One folder per class, whose splits are drawn. */
function scenesPreview(root: string, drawing = defaultDrawing): DatasetPreview {
  const classes = Object.entries({ 'fall from bed': 60, 'get up': 45, sit: 30, walk: 4 }).map(([label, videos]) => {
    const [validation, test] = [drawing.ratio.validation, drawing.ratio.test].map((share) =>
      Math.round((videos * share) / 100),
    )
    return { label, train: videos - validation! - test!, validation: validation!, test: test! }
  })
  const sum = (split: Split) => classes.reduce((all, counts) => all + counts[split], 0)
  return {
    root,
    source: { format: 'folder-per-class' },
    drawing,
    drawn: 139,
    videos: 139,
    areFrames: false,
    samples: 139,
    labelSets: [{ name: 'class', classes }],
    splitSets: [{ name: 'default', train: sum('train'), validation: sum('validation'), test: sum('test') }],
    missing: { count: 0, examples: [] },
    tables: [],
    leftOut: [],
    warnings: [],
    notes: [],
  }
}

/** A folder with a table of any header. */
const tablePreview = (root: string, columns?: TableColumns): DatasetPreview => ({
  root,
  source:
    columns === undefined ? { format: 'folder-per-class' } : { format: 'table', files: ['metadata.csv'], columns },
  areFrames: false,
  videos: 240,
  ...(columns?.split === undefined ? { drawing: defaultDrawing, drawn: 240 } : {}),
  samples: columns?.start === undefined ? 240 : 310,
  labelSets:
    columns === undefined
      ? []
      : columns.labels.map((name) => ({
          name,
          classes: ['fall', 'get up'].map((label) => ({ label, train: 80, validation: 10, test: 30 })),
        })),
  splitSets: [{ name: 'default', train: 160, validation: 20, test: 60 }],
  missing: { count: 0, examples: [] },
  tables: [
    {
      files: ['metadata.csv'],
      header: ['recording', 'action', 'subject', 'fold', 't0', 't1'],
      rows: [
        ['room-1/2026-03-01_10-22.mp4', 'fall', '7', 'train', '12.5', '14'],
        ['room-1/2026-03-01_10-22.mp4', 'get up', '7', 'train', '15', '19.5'],
        ['room-2/2026-03-02_08-01.mp4', 'fall', '9', 'test', '00:01:02.5', '00:01:04'],
      ],
      suggestion: { path: 'recording', labels: ['action'], split: 'fold' },
    },
  ],
  leftOut: [],
  warnings: [],
  notes: columns === undefined ? ['No video is in a folder of a class, so none has a class.'] : [],
})

/** A folder with the lists of UCF101, of which some videos are missing. */
const listsPreview = (root: string): DatasetPreview => ({
  root,
  source: {
    format: 'lists',
    layout: 'UCF101',
    files: ['classInd.txt', 'testlist01.txt', 'testlist02.txt', 'trainlist01.txt', 'trainlist02.txt'].map(
      (name) => `ucfTrainTestlist/${name}`,
    ),
  },
  areFrames: false,
  videos: 13_318,
  samples: 13_318,
  labelSets: [
    {
      name: 'class',
      classes: Array.from({ length: 101 }, (_, index) => ({
        label: index === 100 ? 'YoYo' : `Class${index}`,
        train: index === 100 ? 0 : 95,
        validation: 0,
        test: 37,
      })),
    },
  ],
  splitSets: [
    { name: 'split-1', train: 9537, validation: 0, test: 3781 },
    { name: 'split-2', train: 9584, validation: 0, test: 3734 },
  ],
  missing: {
    count: 2,
    examples: [
      { path: 'YoYo/v_YoYo_g25_c01.avi', reason: 'The file is not in the folder.' },
      { path: 'YoYo/v_YoYo_g25_c02.avi', reason: 'The file is not in the folder.' },
    ],
  },
  tables: [],
  leftOut: [{ reason: 'ending', ending: '.zip', count: 1, examples: ['UCF101.zip'] }],
  warnings: [],
  notes: ['It has the official splits 1 and 2, without a validation.'],
})
