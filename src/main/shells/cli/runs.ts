import type { Command } from 'commander'
import { stageTitles } from '#contract/stages/index.ts'
import { withStudio } from './client.ts'
import { formatLoss, formatAccuracy } from './format.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { finalLoss, reportOf, reportTable } from './report.ts'
import { runToEnd } from './run-to-end.ts'

export function addRunVerbs(program: Command): void {
  const run = program.command('run').description('runs: each is one stage of a pipeline')

  run
    .command('list')
    .description('all runs of the workspace')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const runs = await withStudio(workspace, (client) => client.runs.list({}))
      show(isJson, runs, () =>
        runs.length === 0
          ? 'No run yet. Launch a pipeline with: pipeline run --dataset NAME --preset NAME'
          : table(
              ['Run', 'Stage', 'Status', 'Step', 'Loss', 'Top-1'],
              runs.map((run) => [
                run.id,
                stageTitles[run.stage],
                run.status,
                run.totalSteps === null ? '–' : `${run.step}/${run.totalSteps}`,
                formatLoss(finalLoss(run)),
                formatAccuracy(run.result?.top1 ?? null),
              ]),
              [3, 4, 5],
            ),
      )
    })

  run
    .command('show')
    .description('one run with its configuration')
    .argument('<id>')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const found = await withStudio(workspace, (client) => client.runs.get({ id }))
      show(isJson, found, ({ run, file }) =>
        [
          reportTable([reportOf(run)]),
          ...(run.error === null ? [] : [`${run.error.message}\n${run.error.hint}`]),
          JSON.stringify(file?.task.configuration, null, 2),
        ].join('\n'),
      )
    })

  run
    .command('stop')
    .description('ask a run to save and stop')
    .argument('<id>')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const stopped = await withStudio(workspace, (client) => client.runs.stop({ id }))
      show(isJson, stopped, ({ status }) =>
        status === 'running' ? `${id} is saving its state and will stop.` : `${id} is ${status}.`,
      )
    })

  run
    .command('resume')
    .description('resume stopped, failed or interrupted runs from their last checkpoint, and wait for their end')
    .argument('<id...>')
    .action(async (ids: string[], _options: object, command: Command) => {
      await runToEnd(commonOf(command), async (client) => {
        for (const id of ids) await client.runs.resume({ id })
        const [first] = await Promise.all(ids.map((id) => client.runs.get({ id })))
        return { pipeline: first?.pipeline.id ?? '', runIds: ids }
      })
    })
}
