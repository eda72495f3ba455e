import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type ExperimentRequest, experimentRequest } from '#contract/experiment/request.ts'
import type { ExperimentDetail } from '#contract/experiment/result.ts'
import { formatDuration, formatQuantity } from '#contract/format.ts'
import { baselineStart, type Start, startTitles } from '#contract/stages/starts.ts'
import { conclusionOf, differenceCells, meanText } from '../../experiments/report-content.ts'
import { requirePreset } from '../../pipelines/presets.ts'
import { demoDataset, demoLabels, demoPreset, requireBuiltIn } from './demo.ts'
import { followToEnd, freeName } from './follow-experiment.ts'
import { commonOf } from './options.ts'
import { table } from './output.ts'
import { presets, setOption, wholeNumber } from './pipelines.ts'
import { applySettings } from './settings.ts'

const pretrained: Start = 'both-student'

/** Adds the verb that repeats the demo for several seeds. */
export function addExperimentDemoVerb(experiment: Command): void {
  experiment
    .command('demo')
    .description('the demo with several seeds: whether its student is better than training from scratch')
    .option('--seeds <count>', 'seeds of the whole chain', wholeNumber, 5)
    .option('--labels <name>', 'label set of the built-in data', demoLabels)
    .option('--name <name>', 'name of the experiment; the first free one by default')
    .addOption(setOption())
    .action(
      async (
        { seeds, labels, name, set }: { seeds: number; labels: string; name?: string; set: string[] },
        command: Command,
      ) => {
        const common = commonOf(command, join(homedir(), 'mvd-studio-demo'))
        await followToEnd(
          common,
          async (client) => {
            await requireBuiltIn(client, common.isJson)
            const { configuration } = requirePreset(presets(), demoPreset)
            const request = experimentRequest.parse({
              name: name ?? (await freeName(client, `demo-${labels}`)),
              dataset: demoDataset,
              labels: [labels],
              preset: demoPreset,
              configuration: applySettings(configuration, set),
              starts: [pretrained, baselineStart],
              pretrainingSeeds: seeds,
              probes: false,
            } satisfies Partial<ExperimentRequest>)
            return await client.experiments.launch(request)
          },
          demoText,
        )
      },
    )
}

/** Both accuracies of each seed, the mean of their difference with its interval, and what can be concluded. */
export function demoText({ experiment, result }: ExperimentDetail): string {
  const [labelSet] = result.labelSets
  const difference = labelSet?.differences[0]
  if (labelSet === undefined || difference === undefined) return 'Nothing was tested.'
  const meanOfStart = (start: Start) => {
    const found = labelSet.starts.find((candidate) => candidate.start === start)
    return found === undefined ? '–' : `${meanText(found.top1)} %`
  }
  const [mean, interval] = differenceCells(difference)
  return [
    `Test top-1 on ${labelSet.labels}${labelSet.testVideos === null ? '' : ` (${formatQuantity(labelSet.testVideos, 'video')})`}, by seed:`,
    table(
      ['Seed', startTitles[pretrained], startTitles[baselineStart], 'Difference'],
      [
        ...difference.pairs.map(({ seed, start, baseline }) => [
          seed,
          percent(start),
          percent(baseline),
          (100 * (start - baseline)).toFixed(1),
        ]),
        ['Mean ± half of the 95 % interval', meanOfStart(pretrained), meanOfStart(baselineStart), mean],
      ],
      [1, 2, 3],
    ),
    `95 % interval of the mean difference in points: ${interval}.`,
    conclusionOf(difference),
    `${formatDuration(experiment.durationMs)} computed by ${result.engines.join('; ')}.`,
  ].join('\n')
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
