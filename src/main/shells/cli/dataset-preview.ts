import type { Command } from 'commander'
import { absentClasses, type DatasetPreview, type PreviewTable } from '#contract/domain/dataset-preview.ts'
import { describeLeftOut, describeSource, namedFiles } from '#contract/domain/import-report.ts'
import { describeDrawing } from '#contract/domain/split-drawing.ts'
import { describeColumns } from '#contract/domain/table-columns.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { addDrawingOptions, drawingOf } from './drawing-options.ts'
import { columnsOption, type FolderOptions, frameRateOption } from './folder-options.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'

/** Adds the verb that says what an import would read. */
export function addDatasetPreviewVerb(dataset: Command): void {
  addDrawingOptions(
    dataset
      .command('preview')
      .description('what an import of a folder would read from its names and lists; opens no video and stores nothing')
      .argument('<dir>', 'folder with videos, and lists if there are any', givenPath)
      .option('--follow-links', 'follow symbolic links, also out of the folder')
      .addOption(columnsOption())
      .addOption(frameRateOption()),
  ).action(
    async (
      directory: string,
      { followLinks = false, columns, frameRate, ...options }: FolderOptions,
      command: Command,
    ) => {
      const { workspace, isJson } = commonOf(command)
      const preview = await withStudio(workspace, (client) =>
        client.datasets.previewImport({ directory, followLinks, columns, frameRate, drawing: drawingOf(options) }),
      )
      show(isJson, preview, previewText)
    },
  )
}

/** The header and the first rows of a table, and the columns that they suggest. */
const tableText = ({ files, header, rows, suggestion }: PreviewTable): string[] => [
  `${namedFiles(files)}, whose columns can be chosen:`,
  table(header, rows),
  `For example: --columns ${describeColumns({ ...suggestion, table: files[0] })}`,
]

/** Classes of drawn splits, of which a text lists some; `--json` has all of them. */
const listedClasses = 50

/** Counts of each class if they depend on the drawing, and classes that a split does not have. */
function classesText(
  preview: DatasetPreview,
  name: string,
  classes: DatasetPreview['labelSets'][number]['classes'],
): string[] {
  const listed = preview.drawing === undefined ? [] : classes.slice(0, listedClasses)
  const more = classes.length - listed.length
  return [
    ...(listed.length === 0
      ? []
      : [
          table(
            [`Class (${name})`, 'Training', 'Validation', 'Test'],
            listed.map(({ label, train, validation, test }) => [label, train, validation, test]),
            [1, 2, 3],
          ),
          ...(more === 0 ? [] : [`and ${more} more, which --json lists`]),
        ]),
    ...absentClasses(preview, classes).map(
      ({ split, labels }) =>
        `Warning: ${formatQuantity(labels.length, 'class', 'classes')} (${name}) ${labels.length === 1 ? 'has' : 'have'} no ${split === 'train' ? 'training' : split} video: ${formatList(labels.slice(0, namedClasses))}${labels.length > namedClasses ? ' …' : ''}`,
    ),
  ]
}

const namedClasses = 5

function previewText(preview: DatasetPreview): string {
  const { source, videos, samples, labelSets, splitSets, missing, tables, leftOut, warnings, notes } = preview
  const parts = samples > videos ? `, ${formatQuantity(samples, 'part of them', 'parts of them')} as samples` : ''
  return [
    describeSource(source),
    `${formatQuantity(videos, 'video')}${parts}; ${labelSets.map(({ name, classes }) => `${formatQuantity(classes.length, 'class', 'classes')} (${name})`).join(', ') || 'no classes'}.`,
    table(
      ['Split set', 'Training', 'Validation', 'Test'],
      splitSets.map(({ name, train, validation, test }) => [name, train, validation, test]),
      [1, 2, 3],
    ),
    ...(preview.drawing === undefined ? [] : [describeDrawing(preview.drawing)]),
    ...labelSets.flatMap(({ name, classes }) => classesText(preview, name, classes)),
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...notes.map((note) => `Note: ${note}`),
    ...(source.format === 'table' ? [] : tables.flatMap(tableText)),
    ...(missing.count === 0
      ? []
      : [
          `${formatQuantity(missing.count, 'listed file')} cannot be used, for example:`,
          ...missing.examples.map(({ path, reason }) => `  ${path}: ${reason}`),
        ]),
    ...(leftOut.length === 0
      ? []
      : ['Not part of the dataset:', ...leftOut.map((files) => `  ${describeLeftOut(files)}`)]),
  ].join('\n')
}
