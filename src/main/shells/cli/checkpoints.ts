import { Option, type Command } from 'commander'
import { exportFormatFacts, exportFormats, type ExportFormat, type ExportRecord } from '#contract/domain/checkpoint.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { describeModel } from '#contract/domain/model.ts'
import { formatBytes } from '#contract/format.ts'
import { withStudio, type StudioClient } from './client.ts'
import { formatLoss } from './format.ts'
import { listedModel, modelText, type ListedModel } from './models.ts'
import { commonOf, givenPath, modelHelp } from './options.ts'
import { show, table } from './output.ts'
import { addProbeVerbs } from './probes.ts'

export function addCheckpointVerbs(program: Command): void {
  const checkpoint = program.command('checkpoint').description('the weights that runs saved')
  addProbeVerbs(checkpoint)

  checkpoint
    .command('list')
    .description('all checkpoints and imported models, or the checkpoints of one run')
    .option('--run <id>', 'only those of this run')
    .action(async ({ run }: { run?: string }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const models = await withStudio(workspace, (client) => listModels(client, run))
      show(isJson, models, (list) =>
        list.length === 0
          ? 'No checkpoint yet.'
          : table(['Checkpoint', 'Epoch', 'Size', 'Loss', 'Saved at', ''], list.map(rowOf), [1, 2, 3]),
      )
    })

  checkpoint
    .command('show')
    .description('the tensors of a checkpoint with their statistics; for an imported model also its report')
    .argument('<id>', modelHelp)
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const found = await withStudio(workspace, async (client) => {
        const ref = parseRef(id)
        return ref.kind === 'imported-model'
          ? await client.models.inspect({ name: ref.name })
          : await client.checkpoints.inspect({ id })
      })
      show(isJson, found, ({ tensors }) => {
        const rows = table(
          ['Tensor', 'Type', 'Shape', 'Size', 'Mean', 'Deviation', 'Min', 'Max', 'Not finite'],
          tensors.map((tensor) => [
            tensor.name,
            tensor.dtype,
            tensor.shape.join(' x '),
            formatBytes(tensor.sizeBytes),
            formatLoss(tensor.mean),
            formatLoss(tensor.standardDeviation),
            formatLoss(tensor.min),
            formatLoss(tensor.max),
            tensor.nonFinite,
          ]),
          [3, 4, 5, 6, 7, 8],
        )
        return 'model' in found ? `${modelText(found.model)}\n${rows}` : rows
      })
    })

  checkpoint
    .command('export')
    .description('write the weights of a checkpoint into a new file or folder, read them back and run them on one clip')
    .argument('<id>', modelHelp)
    .addOption(
      new Option('--format <format>', exportFormats.map((format) => `${format} (${kindOf(format)})`).join(', '))
        .choices(exportFormats)
        .default(exportFormats[0]),
    )
    .requiredOption('--to <path>', 'file or folder to write; an existing one is not replaced', givenPath)
    .option('--force', 'replace an earlier export at that path')
    .action(
      async (
        id: string,
        { format, to, force = false }: { format: ExportFormat; to: string; force?: boolean },
        command: Command,
      ) => {
        const { workspace, isJson } = commonOf(command)
        show(
          isJson,
          await withStudio(workspace, (client) => client.checkpoints.export({ id, format, to, force })),
          describeExport,
        )
      },
    )
}

const kindOf = (format: ExportFormat): string => {
  const { extension } = exportFormatFacts[format]
  return extension === null ? 'a folder' : `a file, .${extension}`
}

function describeExport({
  path,
  tensors,
  sizeBytes,
  sha256,
  files,
  reader,
  maxDifference,
  output,
  largestOutput,
}: ExportRecord): string {
  const proof = sha256 === null ? `${files.length} files` : `SHA-256 ${sha256}`
  return `${path}: ${tensors} tensors, ${formatBytes(sizeBytes)}, ${proof}.
Read back and run on one clip by ${reader}: the largest difference from the studio is ${maxDifference === 0 ? 0 : maxDifference.toExponential(2)}, in ${output}, whose values reach ${formatLoss(largestOutput)}.`
}

async function listModels(client: StudioClient, run: string | undefined): Promise<ListedModel[]> {
  const checkpoints = await client.checkpoints.list(run === undefined ? {} : { runId: run })
  const imports = run === undefined ? await client.models.list({}) : []
  return [...checkpoints.map((item) => ({ origin: 'run' as const, ...item })), ...imports.map(listedModel)]
}

function rowOf(item: ListedModel): string[] {
  if (item.origin === 'import')
    return [item.id, '–', formatBytes(item.sizeBytes), '–', item.createdAt, `imported: ${describeModel(item.model)}`]
  return [
    item.id,
    item.epoch.toFixed(1),
    formatBytes(item.sizeBytes),
    formatLoss(item.metrics['train/loss'] ?? null),
    item.createdAt,
    item.isFinal ? 'final' : '',
  ]
}
