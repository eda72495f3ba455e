import type { Command } from 'commander'
import type { DatasetPreview, PreviewTable } from '#contract/domain/dataset-preview.ts'
import { describeLeftOut, describeSource, namedFiles } from '#contract/domain/import-report.ts'
import { describeColumns } from '#contract/domain/table-columns.ts'
import { formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { columnsOption, type FolderOptions, frameRateOption } from './folder-options.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'

/** Adds the verb that says what an import would read. */
export function addDatasetPreviewVerb(dataset: Command): void {
  dataset
    .command('preview')
    .description('what an import of a folder would read from its names and lists; opens no video and stores nothing')
    .argument('<dir>', 'folder with videos, and lists if there are any', givenPath)
    .option('--follow-links', 'follow symbolic links, also out of the folder')
    .addOption(columnsOption())
    .addOption(frameRateOption())
    .action(async (directory: string, { followLinks = false, columns, frameRate }: FolderOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const preview = await withStudio(workspace, (client) =>
        client.datasets.previewImport({ directory, followLinks, columns, frameRate }),
      )
      show(isJson, preview, previewText)
    })
}

/** The header and the first rows of a table, and the columns that they suggest. */
const tableText = ({ files, header, rows, suggestion }: PreviewTable): string[] => [
  `${namedFiles(files)}, whose columns can be chosen:`,
  table(header, rows),
  `For example: --columns ${describeColumns({ ...suggestion, table: files[0] })}`,
]

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
