import type { Command } from 'commander'
import {
  type DatasetChange,
  type DatasetVersion,
  type DatasetVersions,
  describeChange,
  sampleChanges,
} from '#contract/domain/dataset-version.ts'
import { formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { followImport } from './follow-import.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

/** Adds the verbs that make and list versions of a dataset. */
export function addDatasetVersionVerbs(dataset: Command): void {
  dataset
    .command('reimport')
    .description(
      'read the folder of a dataset again, as its next version; runs keep the version that they were launched with',
    )
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const { change, versions } = await withStudio(workspace, async (client) => {
        const done = await followImport(await client.datasets.reimport({ name }), openProgress(isJson), 'Inspecting')
        return { change: done.change, ...(await client.datasets.versions({ name })) }
      })
      const [current] = versions
      show(isJson, { name, version: current?.number, change }, () =>
        change === null
          ? `Nothing in ${name} has changed since its import. There is no new version.`
          : [`Version ${current?.number} of ${name}: ${describeChange(change)}.`, ...exampleLines(change)].join('\n'),
      )
    })

  dataset
    .command('versions')
    .description('the versions of a dataset, what changed in each, and the pipelines that were launched with it')
    .argument('<name>')
    .action(async (name: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const found = await withStudio(workspace, (client) => client.datasets.versions({ name }))
      show(isJson, found, () => versionTable(found))
    })
}

const exampleLines = ({ examples }: DatasetChange): string[] =>
  sampleChanges.flatMap((kind) => (examples[kind].length === 0 ? [] : [`  ${kind}: ${examples[kind].join(', ')}`]))

const versionTable = ({ versions }: DatasetVersions): string =>
  table(
    ['Version', 'Imported', 'Samples', 'Digest', 'Changes', 'Pipelines'],
    versions.map((version: DatasetVersion) => [
      version.number,
      version.createdAt,
      version.sampleCount,
      version.digest.slice(0, 12),
      version.change === null ? '–' : describeChange(version.change),
      version.pipelines.length === 0
        ? '–'
        : version.pipelines.length <= 3
          ? version.pipelines.join(', ')
          : formatQuantity(version.pipelines.length, 'pipeline'),
    ]),
    [0, 2],
  )
