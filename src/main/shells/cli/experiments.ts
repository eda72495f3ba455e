import type { Command } from 'commander'
import type { ExperimentSummary } from '#contract/experiment/progress.ts'
import { formatDuration } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { addExperimentDemoVerb } from './experiment-demo.ts'
import { addTeachersVerb } from './experiment-teachers.ts'
import { experimentText, followToEnd, summaryText } from './follow-experiment.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { reportFormatOf, reportPath, writtenText } from './run-reports.ts'

export function addExperimentVerbs(program: Command): void {
  const experiment = program
    .command('experiment')
    .description('whether pre-training pays, and which teacher: many pipelines as one comparison')

  addTeachersVerb(experiment)

  experiment
    .command('list')
    .description('all experiments with their progress')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const experiments = await withStudio(workspace, (client) => client.experiments.list({}))
      show(isJson, experiments, listText)
    })

  experiment
    .command('show')
    .description('progress and outcome of an experiment')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const detail = await withStudio(workspace, (client) => client.experiments.get({ id }))
      show(isJson, detail, (shown) => experimentText(shown))
    })

  experiment
    .command('stop')
    .description('stop the runs of an experiment; nothing more is launched until it is resumed')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const stopped = await withStudio(workspace, (client) => client.experiments.stop({ id }))
      show(isJson, stopped, summaryText)
    })

  experiment
    .command('resume')
    .description('continue an experiment and wait for its end; runs that failed or were stopped are resumed')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      await followToEnd(commonOf(command), (client) => client.experiments.resume({ id }))
    })

  experiment
    .command('remove')
    .description('forget an experiment; its pipelines and runs stay')
    .argument('<id>', 'an experiment')
    .action(async (id: string, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      await withStudio(workspace, (client) => client.experiments.remove({ id }))
      show(isJson, { removed: id }, ({ removed }) => `Forgot the experiment ${removed}. Its runs are still listed.`)
    })

  experiment
    .command('report')
    .description('write a report on an experiment')
    .argument('<id>', 'an experiment')
    .requiredOption('--output <file>', 'file to write: .html or .md', reportPath)
    .option('--title <text>', 'title of the report')
    .option('--force', 'replace an earlier report', false)
    .action(
      async (
        id: string,
        { output, title, force }: { output: string; title?: string; force: boolean },
        command: Command,
      ) => {
        const { workspace, isJson } = commonOf(command)
        const format = reportFormatOf(output) ?? 'html'
        const written = await withStudio(workspace, (client) =>
          client.experiments.report({ id, format, to: output, force, ...(title === undefined ? {} : { title }) }),
        )
        show(isJson, written, writtenText)
      },
    )

  addExperimentDemoVerb(experiment)
}

const listText = (experiments: readonly ExperimentSummary[]): string =>
  experiments.length === 0
    ? 'No experiment was launched.'
    : table(
        ['Experiment', 'Dataset', 'Label sets', 'Starts', 'Seeds', 'Status', 'Runs', 'Time'],
        experiments.map(({ id, request, status, phases, durationMs }) => [
          id,
          request.dataset,
          request.labels.join(', '),
          request.starts.join(', '),
          request.pretrainingSeeds,
          status,
          `${sum(phases.map(({ finished }) => finished))} of ${sum(phases.map(({ total }) => total))}`,
          formatDuration(durationMs),
        ]),
        [4, 7],
      )

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
