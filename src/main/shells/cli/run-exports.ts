import { type Command, Option } from 'commander'
import {
  type RunExport,
  type RunExportFormat,
  runExportFormatFacts,
  runExportFormats,
} from '#contract/domain/run-export.ts'
import { formatBytes, formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { commonOf, givenPath } from './options.ts'
import { show } from './output.ts'
import { listRuns } from './queries.ts'

/** Adds the verbs that write runs in formats of other programs. */
export function addRunExportVerbs(run: Command): void {
  run
    .command('export')
    .description(
      `write the points, hyperparameters and results of runs for other programs. ${runExportFormats.map((format) => `${format}: ${runExportFormatFacts[format].help}`).join(' ')}`,
    )
    .argument('[id...]', 'runs, or pipelines for all of their runs')
    .option('--filter <filter>', 'runs that match, such as "tag:ablation and stage:test"; see query keys')
    .addOption(new Option('--format <format>', 'format of the files').choices(runExportFormats).makeOptionMandatory())
    .requiredOption('--to <folder>', 'folder to write to; files that are there are not replaced', givenPath)
    .option('--force', 'replace the files of an earlier export')
    .action(
      async (
        ids: string[],
        {
          format,
          to,
          force = false,
          filter,
        }: { format: RunExportFormat; to: string; force?: boolean; filter?: string },
        command: Command,
      ) => {
        const { workspace, isJson } = commonOf(command)
        const written = await withStudio(workspace, async (client) => {
          const runs = await client.runs.list({})
          const named = ids.flatMap((id) => {
            const ofPipeline = runs.filter(({ pipelineId }) => pipelineId === id).map((known) => known.id)
            return runs.some((known) => known.id === id) || ofPipeline.length === 0 ? [id] : ofPipeline
          })
          const found = filter === undefined ? [] : (await listRuns(client, filter)).map(({ id }) => id)
          return await client.runs.export({ ids: [...new Set([...named, ...found])], format, to, force })
        })
        show(isJson, written, describeExport)
      },
    )
}

function describeExport({ folder, runs, points, files, notes }: RunExport): string {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return [
    `${folder}: ${formatQuantity(runs, 'run')}, ${formatQuantity(points, 'point')}, ${formatQuantity(files.length, 'file')}, ${formatBytes(bytes)}.`,
    ...notes,
  ].join('\n')
}
