import type { Command } from 'commander'
import { formatQuantity } from '#contract/format.ts'
import { reindex } from '../../app/reindex.ts'
import { serve } from '../browser/main.ts'
import { CloseRequests } from '../close-requests.ts'
import type { CloseMode } from '../local/open-work.ts'
import { addressOption, commonOf, onCloseOption, portOption } from './options.ts'
import { show } from './output.ts'

export function addSystemVerbs(program: Command): void {
  program
    .command('serve')
    .description('serve the studio to a browser until Ctrl-C')
    .addOption(portOption())
    .addOption(addressOption())
    .addOption(onCloseOption())
    .action(async ({ port, host, onClose }: { port?: number; host: string; onClose: CloseMode }, command: Command) => {
      const { workspace } = commonOf(command)
      await serve({ workspace, port, address: host, onClose, print: (line) => console.log(line) }, new CloseRequests())
    })

  program
    .command('reindex')
    .description('rebuild the database from the folders of the workspace')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      show(
        isJson,
        await reindex({ workspace }),
        ({ datasets, pipelines, runs, points, models, probes, experiments, problems }) =>
          [
            `${[
              formatQuantity(datasets, 'dataset'),
              formatQuantity(pipelines, 'pipeline'),
              formatQuantity(runs, 'run'),
              formatQuantity(points, 'point'),
              formatQuantity(models, 'imported model'),
              formatQuantity(probes, 'probe'),
              formatQuantity(experiments, 'experiment'),
            ].join(', ')}.`,
            ...problems,
          ].join('\n'),
      )
    })
}
