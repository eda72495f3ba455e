import { type Command, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { coverageWarnings } from '#contract/domain/class-coverage.ts'
import { type DatasetDetail, maxPageRows } from '#contract/domain/dataset-detail.ts'
import type { BrokenVideo, DatasetSummary } from '#contract/domain/dataset.ts'
import { describeLeftOut, describeSource, type ImportReport, indexNote } from '#contract/domain/import-report.ts'
import { type ImportCheck, importChecks } from '#contract/domain/integrity.ts'
import { describeDrawing } from '#contract/domain/split-drawing.ts'
import { formatBytes, formatDuration, formatQuantity } from '#contract/format.ts'
import { type StudioClient, withStudio } from './client.ts'
import { addDatasetPreviewVerb } from './dataset-preview.ts'
import { addDatasetSamplesVerb } from './dataset-samples.ts'
import { addDatasetSeeVerb } from './dataset-see.ts'
import { addDatasetSplitVerb } from './dataset-split.ts'
import { addDatasetVerifyVerbs } from './dataset-verify.ts'
import { addDatasetVersionVerbs } from './dataset-versions.ts'
import { addDrawingOptions, drawingOf } from './drawing-options.ts'
import { columnsOption, type FolderOptions, frameRateOption } from './folder-options.ts'
import { followImport } from './follow-import.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

export function addDatasetVerbs(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('indexes over folders of videos; the videos stay where they are')

  addDrawingOptions(
    dataset
      .command('import')
      .description('inspect every video below a folder and store the index as a dataset')
      .argument(
        '<dir>',
        'folders CLASS/video, folders SPLIT/CLASS/video (train, val, test), or a folder with a labels.csv or published lists',
        givenPath,
      )
      .requiredOption('--name <name>', 'name of the dataset')
      .option('--follow-links', 'follow symbolic links, also out of the folder; each file is taken once')
      .addOption(columnsOption())
      .addOption(frameRateOption())
      .addOption(
        new Option(
          '--check <level>',
          'index reads headers, in seconds for thousands of files; full decodes every frame. "dataset verify" decodes later',
        )
          .choices(importChecks)
          .default('full'),
      ),
  ).action(
    async (
      directory: string,
      {
        name,
        check,
        followLinks = false,
        columns,
        frameRate,
        ...options
      }: FolderOptions & { name: string; check: ImportCheck },
      command: Command,
    ) => {
      const { workspace, isJson } = commonOf(command)
      const detail = await withStudio(workspace, async (client) => {
        await followImport(
          await client.datasets.import({
            directory,
            name,
            followLinks,
            columns,
            frameRate,
            check,
            drawing: drawingOf(options),
          }),
          openProgress(isJson),
          check === 'index' ? 'Reading headers' : 'Inspecting',
        )
        return { ...(await client.datasets.get({ name })), broken: await allBroken(client, name) }
      })
      show(isJson, describe(detail), () => importText(detail))
    },
  )

  addDatasetPreviewVerb(dataset)
  addDatasetSamplesVerb(dataset)
  addDatasetSeeVerb(dataset)
  addDatasetSplitVerb(dataset)
  addDatasetVersionVerbs(dataset)
  addDatasetVerifyVerbs(dataset)

  dataset
    .command('list')
    .description('all datasets of the workspace')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const datasets = await withStudio(workspace, (client) => client.datasets.list({}))
      show(isJson, datasets, () =>
        datasets.length === 0
          ? 'No dataset yet. Import one with: dataset import DIR --name NAME'
          : datasetTable(datasets),
      )
    })

  dataset
    .command('check')
    .description('compare a dataset with its files; fails if they have changed')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const { checked, drift } = await withStudio(workspace, (client) => client.datasets.check({ name }))
      show(isJson, { name, checked, drift }, () =>
        drift.length === 0
          ? `All ${checked} files of ${name} are unchanged.`
          : table(
              ['File', 'Problem'],
              drift.map(({ path, problem }) => [path, problem]),
            ),
      )
      if (drift.length > 0)
        throw new StudioError(
          'dataset-changed',
          `${drift.length} files of ${name} have changed since the import.`,
          'Restore them, or read the folder again as a new version with: dataset reimport NAME',
        )
    })
}

/** A dataset with every file that is not used. */
type ImportedDataset = DatasetDetail & { readonly broken: readonly BrokenVideo[] }

async function allBroken(client: StudioClient, name: string): Promise<BrokenVideo[]> {
  const all: BrokenVideo[] = []
  for (;;) {
    const { files, total } = await client.datasets.broken({ name, offset: all.length, limit: maxPageRows })
    all.push(...files)
    if (files.length === 0 || all.length >= total) return all
  }
}

/** A dataset with the warnings about its classes. */
function describe(dataset: ImportedDataset) {
  return { ...dataset, classWarnings: classWarnings(dataset) }
}

const classWarnings = ({ labelSets, balance }: Pick<DatasetDetail, 'labelSets' | 'balance'>): string[] =>
  labelSets.flatMap(({ name }) => coverageWarnings(balance, name))

/** Files in a text; `--json` has all of them. */
const listedFiles = 20

function importText(dataset: ImportedDataset): string {
  const files = dataset.broken.slice(0, listedFiles)
  const more = dataset.broken.length - files.length
  const broken =
    files.length === 0
      ? []
      : [
          '',
          'Skipped because they cannot be used:',
          table(
            ['File', 'Reason'],
            files.map(({ path, reason }) => [path, reason]),
          ),
          ...(more === 0 ? [] : [`and ${more} more, which --json and the page of the dataset list`]),
        ]
  return [
    datasetTable([dataset]),
    ...(dataset.report === null ? [] : [describeSource(dataset.report.source)]),
    ...(dataset.report?.drawing === undefined ? [] : [describeDrawing(dataset.report.drawing)]),
    ...[...(dataset.report?.warnings ?? []), ...classWarnings(dataset)].map((warning) => `Warning: ${warning}`),
    ...(dataset.report?.check === 'index' ? [`Note: ${indexNote(dataset.name)}`] : []),
    ...(dataset.report === null ? [] : reportText(dataset.report)),
    ...broken,
  ].join('\n')
}

function reportText({ leftOut, notes }: ImportReport): string[] {
  const links = leftOut.some(({ reason }) => reason === 'link') ? ['Import with --follow-links to follow links.'] : []
  const table = leftOut.map((files) => `  ${describeLeftOut(files)} (${examplesText(files)})`)
  return [
    ...notes.map((note) => `Note: ${note}`),
    ...(table.length === 0 ? [] : ['', 'Not part of the dataset:', ...table, ...links]),
  ]
}

const examplesText = ({ examples, count }: ImportReport['leftOut'][number]): string =>
  [...examples, ...(count > examples.length ? ['…'] : [])].join(', ')

function datasetTable(datasets: readonly DatasetSummary[]): string {
  return table(
    ['Name', 'Videos', 'Broken', 'Label sets', 'Length', 'Size', 'Folder'],
    datasets.map((dataset) => [
      dataset.name,
      dataset.videoCount,
      dataset.brokenCount,
      [
        ...dataset.labelSets,
        ...(dataset.boxClasses === undefined ? [] : [{ name: 'boxes', classes: dataset.boxClasses }]),
      ]
        .map(({ name, classes }) => `${name} (${formatQuantity(classes.length, 'class', 'classes')})`)
        .join(', '),
      formatDuration(dataset.totalDurationMs),
      formatBytes(dataset.totalSizeBytes),
      dataset.root,
    ]),
    [1, 2, 4, 5],
  )
}
