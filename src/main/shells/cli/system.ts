import type { Command } from 'commander'
import { formatQuantity } from '#contract/format.ts'
import { reindex } from '../../app/reindex.ts'
import { serve } from '../browser/main.ts'
import { parentEndedSignal } from '../parent.ts'
import { interruptSignal } from './interrupt.ts'
import { addressOption, commonOf, portOption } from './options.ts'
import { show } from './output.ts'

export function addSystemVerbs(program: Command): void {
  program
    .command('serve')
    .description('serve the studio to a browser until Ctrl-C')
    .addOption(portOption())
    .addOption(addressOption())
    .action(async ({ port, host }: { port?: number; host: string }, command: Command) => {
      await serve(
        { workspace: commonOf(command).workspace, port, address: host, print: (line) => console.log(line) },
        AbortSignal.any([interruptSignal(), parentEndedSignal()]),
      )
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
