import type { Command } from 'commander'
import type { ImportEvent } from '#contract/api/contract.ts'
import { StudioError } from '#contract/api/errors.ts'
import type { DatasetDetail, DatasetSummary } from '#contract/domain/dataset.ts'
import { formatBytes, formatDuration } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'
import { openProgress, type ProgressDisplay } from './progress.ts'

export function addDatasetVerbs(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('indexes over folders of videos; the videos stay where they are')

  dataset
    .command('import')
    .description('inspect every video below a folder and store the index as a dataset')
    .argument('<dir>', 'one folder per class, or a folder with a labels.csv', givenPath)
    .requiredOption('--name <name>', 'name of the dataset')
    .action(async (directory: string, { name }: { name: string }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const detail = await withStudio(workspace, async (client) => {
        await followImport(await client.datasets.import({ directory, name }), openProgress(isJson), 'Inspecting')
        return client.datasets.get({ name })
      })
      show(isJson, describe(detail), () => importText(detail))
    })

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
          'Restore them, or import the folder again under another name.',
        )
    })
}

/** Shows the progress of an import until it is done. */
export async function followImport(
  events: AsyncIterable<ImportEvent>,
  display: ProgressDisplay,
  title: string,
): Promise<void> {
  try {
    for await (const event of events) {
      if (event.type === 'progress')
        display.update([
          {
            id: title,
            title,
            done: event.done,
            total: event.total,
            detail: event.path,
            isMoving: event.done < event.total,
          },
        ])
    }
  } finally {
    display.close()
  }
}

/** A dataset without the list of its samples, but with every broken file. */
function describe({ samples: _samples, ...dataset }: DatasetDetail) {
  return dataset
}

function importText(dataset: DatasetDetail): string {
  const broken =
    dataset.broken.length === 0
      ? []
      : [
          '',
          'Skipped because they cannot be used:',
          table(
            ['File', 'Reason'],
            dataset.broken.map(({ path, reason }) => [path, reason]),
          ),
        ]
  return [datasetTable([dataset]), ...broken].join('\n')
}

function datasetTable(datasets: readonly DatasetSummary[]): string {
  return table(
    ['Name', 'Videos', 'Broken', 'Label sets', 'Length', 'Size', 'Folder'],
    datasets.map((dataset) => [
      dataset.name,
      dataset.videoCount,
      dataset.brokenCount,
      dataset.labelSets.map(({ name, classes }) => `${name} (${classes.length} classes)`).join(', '),
      formatDuration(dataset.totalDurationMs),
      formatBytes(dataset.totalSizeBytes),
      dataset.root,
    ]),
    [1, 2, 4, 5],
  )
}
