import type { DatasetPreview } from '#contract/domain/dataset-preview.ts'

/** A folder with the lists of UCF101, of which some videos are missing. */
export const fakePreview = (root: string): DatasetPreview => ({
  root,
  source: {
    format: 'lists',
    layout: 'UCF101',
    files: ['classInd.txt', 'testlist01.txt', 'testlist02.txt', 'trainlist01.txt', 'trainlist02.txt'].map(
      (name) => `ucfTrainTestlist/${name}`,
    ),
  },
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
  leftOut: [{ reason: 'ending', ending: '.zip', count: 1, examples: ['UCF101.zip'] }],
  warnings: [],
  notes: ['It has the official splits 1 and 2, without a validation.'],
})
