import type { Command } from 'commander'
import { formatMetric } from '#contract/domain/metric-text.ts'
import { canResume, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { type StudioClient, withStudio } from './client.ts'
import { formatLoss, formatAccuracy } from './format.ts'
import { addLogVerb } from './log.ts'
import { commonOf } from './options.ts'
import { addOrganizationVerbs } from './organize.ts'
import { show, table } from './output.ts'
import { listRuns } from './queries.ts'
import { addDivergenceVerbs } from './relaunch.ts'
import { finalLoss, reportOf, reportTable } from './report.ts'
import { addRunControlVerbs } from './run-control.ts'
import { addRunExportVerbs } from './run-exports.ts'
import { addRunImportVerb } from './run-imports.ts'
import { stateText } from './run-state.ts'
import { runToEnd, type Started } from './run-to-end.ts'
import { addTensorBoardVerb } from './tensorboard.ts'

export function addRunVerbs(program: Command): void {
  const run = program.command('run').description('runs: each is one stage of a pipeline')

  addRunExportVerbs(run)
  addRunImportVerb(run)
  addTensorBoardVerb(run)

  run
    .command('list')
    .description('runs of the workspace')
    .option('--filter <filter>', 'only runs that match, such as "test.top1 > 60 and not status:failed"; see query keys')
    .action(async ({ filter }: { filter?: string }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const runs = await withStudio(workspace, (client) => listRuns(client, filter))
      show(isJson, runs, () =>
        runs.length === 0
          ? filter === undefined
            ? 'No run yet. Launch a pipeline with: pipeline run --dataset NAME --preset NAME'
            : 'No run matches the filter.'
          : table(
              ['Run', 'Stage', 'Status', 'Step', 'Loss', 'Top-1'],
              runs.map((run) => [
                run.id,
                stageTitles[run.stage],
                statusText(run, runs),
                run.totalSteps !== null
                  ? `${run.step}/${run.totalSteps}`
                  : run.status === 'imported'
                    ? String(run.step)
                    : '–',
                formatLoss(finalLoss(run)),
                formatAccuracy(run.result?.top1 ?? null),
              ]),
              [3, 4, 5],
            ),
      )
    })

  run
    .command('value')
    .description('the value of a metric at a step for some runs: the last one that was recorded up to it')
    .argument('<metric>', 'such as train/loss')
    .argument('<step>', 'from 0', Number)
    .argument('<id...>', 'runs')
    .action(async (name: string, step: number, ids: string[], _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const found = await withStudio(workspace, (client) => client.metrics.atStep({ name, step, runIds: ids }))
      show(isJson, found, () =>
        found.length === 0
          ? `None of these runs recorded ${name} up to step ${step}.`
          : table(
              ['Run', 'Step', 'Value'],
              found.map(({ runId, step: at, value }) => [runId, at, formatMetric(name, value)]),
              [1, 2],
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
          stateText(run),
          ...(run.error === null ? [] : [`${run.error.message}\n${run.error.hint}`]),
          JSON.stringify(file?.task.configuration, null, 2),
        ].join('\n'),
      )
    })

  addRunControlVerbs(run)

  run
    .command('resume')
    .description(
      'resume paused, stopped, failed or interrupted runs from their last checkpoint, in front of the queue, with the runs that they wait for, or all that is left of a pipeline; wait for their end, and for that of the runs that are queued behind them',
    )
    .argument('<id...>', 'runs or pipelines')
    .action(async (ids: string[], _options: object, command: Command) => {
      await runToEnd(commonOf(command), async (client) => resume(client, ids))
    })
  addLogVerb(run)
  addDivergenceVerbs(run)
  addOrganizationVerbs(program, run)
}

/** Resumes runs and pipelines. Returns the runs to follow: those that can compute now or later. */
async function resume(client: StudioClient, ids: readonly string[]): Promise<Started> {
  const before = await client.runs.list({})
  for (const id of ids) {
    const isPipeline = !before.some((run) => run.id === id) && before.some((run) => run.pipelineId === id)
    if (isPipeline) await client.runs.resumePipeline({ id })
    else await client.runs.resume({ id })
  }
  const unfinished = new Set(before.filter(({ status }) => status !== 'finished').map(({ id }) => id))
  const named = before.filter((run) => ids.includes(run.id) || ids.includes(run.pipelineId))
  const pipelines = new Set(named.map(({ pipelineId }) => pipelineId))
  const followed = (await client.runs.list({})).filter(
    (run) =>
      unfinished.has(run.id) &&
      run.status !== 'missing' &&
      pipelines.has(run.pipelineId) &&
      (!canResume(run) || ids.includes(run.id) || ids.includes(run.pipelineId)),
  )
  return { pipeline: [...pipelines][0] ?? '', runIds: followed.map(({ id }) => id) }
}

/** The status of a run; of a queued one, also what it waits for if that will not come by itself. */
function statusText(run: Run, runs: readonly Run[]): string {
  const blocking = run.waitsFor.flatMap((id) => {
    const input = runs.find((other) => other.id === id)
    return input?.status === 'queued' || input?.status === 'running' ? [] : [`${id} (${input?.status ?? 'missing'})`]
  })
  if (blocking.length > 0) return `${run.status}, waits for ${blocking.join(', ')}`
  return run.stoppedEarly === undefined ? stateOf(run) : `${run.status} early`
}
