import { type Command, Option } from 'commander'
import {
  notesOfImport,
  type RunImport,
  type RunImportFormat,
  runImportFormatFacts,
  runImportFormats,
  unknownDataset,
} from '#contract/domain/run-import.ts'
import { formatQuantity } from '#contract/format.ts'
import { type Stage, stageNames } from '#contract/stages/index.ts'
import { withStudio } from './client.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'

interface Options {
  from?: RunImportFormat
  stage?: Stage
  dataset: string
  run?: string[]
  dryRun?: boolean
}

/** Adds the verb that reads runs of other programs. */
export function addRunImportVerb(run: Command): void {
  run
    .command('import')
    .description(
      `read the points and hyperparameters of runs of other programs. ${runImportFormats.map((format) => `${format}: ${runImportFormatFacts[format].help}`).join(' ')} Importing again adds what is new.`,
    )
    .argument('<path>', 'folder or file to read; it is not changed', givenPath)
    .addOption(new Option('--from <format>', 'format of the files; recognised without it').choices(runImportFormats))
    .addOption(
      new Option('--stage <stage>', 'stage with whose runs they are compared, which the files do not say').choices(
        stageNames,
      ),
    )
    .option('--dataset <name>', 'name of the dataset, which the files do not say', unknownDataset)
    .option('--run <name...>', 'import only these runs')
    .option('--dry-run', 'only say what would be imported')
    .action(async (path: string, { from, stage, dataset, run: names, dryRun = false }: Options, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const imported = await withStudio(workspace, (client) =>
        client.runs.import({
          path,
          dataset,
          dryRun,
          ...(from === undefined ? {} : { format: from }),
          ...(stage === undefined ? {} : { stage }),
          ...(names === undefined ? {} : { names }),
        }),
      )
      show(isJson, imported, () => describeImport(imported, dryRun))
    })
}

function describeImport(imported: RunImport, dryRun: boolean): string {
  const { format, runs } = imported
  const count = (state: RunImport['runs'][number]['state']) => runs.filter((run) => run.state === state).length
  return [
    table(
      ['Run', 'Id', 'State', 'Metrics', 'Points', 'New points', 'Hyperparameters'],
      runs.map((run) => [
        run.name,
        run.id ?? '–',
        run.state,
        String(run.metrics),
        String(run.points),
        String(run.newPoints),
        String(run.parameters),
      ]),
    ),
    ...notesOfImport(imported),
    `${runImportFormatFacts[format].label}: ${formatQuantity(count('new'), 'new run')}, ${count('changed')} changed, ${count('unchanged')} unchanged.${dryRun ? ' Nothing was imported.' : ''}`,
  ].join('\n')
}
