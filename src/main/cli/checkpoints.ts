import { Option, type Command } from 'commander'
import { exportFormats, type exportFormat } from '#contract/checkpoint.ts'
import type { z } from 'zod'
import { withStudio } from './client.ts'
import { formatBytes, formatLoss } from './format.ts'
import { commonOf, givenPath } from './options.ts'
import { show, table } from './output.ts'

export function addCheckpointVerbs(program: Command): void {
  const checkpoint = program.command('checkpoint').description('checkpoints: the weights that runs saved')

  checkpoint
    .command('list')
    .description('all checkpoints, or those of one run')
    .option('--run <id>', 'only those of this run')
    .action(async ({ run }: { run?: string }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const checkpoints = await withStudio(workspace, (client) => client.checkpoints.list(run === undefined ? {} : { runId: run }))
      show(isJson, checkpoints, (list) =>
        list.length === 0 ? 'No checkpoint yet.' : table(['Checkpoint', 'Epoch', 'Size', 'Loss', 'Saved at', ''], list.map((item) => [item.id, item.epoch.toFixed(1), formatBytes(item.sizeBytes), formatLoss(item.metrics['train/loss'] ?? null), item.createdAt, item.isFinal ? 'final' : '']), [1, 2, 3]),
      )
    })

  checkpoint
    .command('show')
    .description('the tensors of a checkpoint with their statistics')
    .argument('<id>', 'as "checkpoint list" shows it: <run id>@<step>')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const found = await withStudio(workspace, (client) => client.checkpoints.inspect({ id }))
      show(isJson, found, ({ tensors }) =>
        table(
          ['Tensor', 'Type', 'Shape', 'Size', 'Mean', 'Deviation', 'Min', 'Max', 'Not finite'],
          tensors.map((tensor) => [tensor.name, tensor.dtype, tensor.shape.join(' x '), formatBytes(tensor.sizeBytes), formatLoss(tensor.mean), formatLoss(tensor.standardDeviation), formatLoss(tensor.min), formatLoss(tensor.max), tensor.nonFinite]),
          [3, 4, 5, 6, 7, 8],
        ),
      )
    })

  checkpoint
    .command('export')
    .description('write the weights of a checkpoint into a new file, and read it back')
    .argument('<id>', 'as "checkpoint list" shows it: <run id>@<step>')
    .addOption(new Option('--format <format>', 'format of the file').choices(exportFormats).default(exportFormats[0]))
    .requiredOption('--to <file>', 'file to write; an existing one is never overwritten', givenPath)
    .action(async (id: string, { format, to }: { format: z.infer<typeof exportFormat>; to: string }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const result = await withStudio(workspace, (client) => client.checkpoints.export({ id, format, to }))
      show(isJson, result, (written) => `${written.path}: ${written.tensors} tensors, ${formatBytes(written.sizeBytes)}, SHA-256 ${written.sha256}.\nRead back; the largest difference is ${written.maxDifference}.`)
    })
}
