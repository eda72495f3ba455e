import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import type { LaunchedPipeline } from '#contract/domain/pipeline.ts'
import { chanceOf } from '#contract/domain/probe.ts'
import { discordantVideos, type TestResult } from '#contract/domain/result.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatDuration, formatQuantity } from '#contract/format.ts'
import { stageTitles, type Stage } from '#contract/stages/index.ts'
import { pairedShares, wilsonInterval } from '#contract/statistics.ts'
import { commandLine } from '#node/command-line.ts'
import { startAndFollow, type StudioClient } from './client.ts'
import { followImport } from './follow-import.ts'
import { followRuns } from './follow.ts'
import { formatAccuracy } from './format.ts'
import { interruptedExitCode, savingSignal } from './interrupt.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'
import { failureOf, reportOf, reportTable, resumeHint, type RunReport } from './report.ts'
import { applySettings } from './settings.ts'

const datasetName = 'glyphs'
const labels = 'appearance-16'
const preset = 'demo'
/** The same classifier on the same labels for the same steps, without pre-training. */
const scratchStages: readonly Stage[] = ['finetune', 'evaluate']

/** Shares with their 95 % intervals, which cover the draw of the test videos, not that of the seed. */
interface Accuracy {
  top1: number
  interval: Interval | null
  /** Null for fewer than six classes. */
  top5: number | null
}

type Interval = NonNullable<ReturnType<typeof wilsonInterval>>

interface DemoReport {
  workspace: string
  pipelines: string[]
  runs: RunReport[]
  /** Engines that computed them, each once. */
  engines: string[]
  /** Null if a run did not finish. */
  test: {
    videos: number
    finetuned: Accuracy
    scratch: Accuracy
    chance: Accuracy
    /** Top-1 of the student minus that from scratch, video by video; null if the tests cannot be paired. */
    gain: ReturnType<typeof pairedShares> | null
    conclusion: string
  } | null
  durationMs: number
}

export function addDemoVerb(program: Command): void {
  program
    .command('demo')
    .description('all stages on the built-in videos, in a few minutes: teachers, student, classifier, test')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command, join(homedir(), 'mvd-studio-demo'))
      const startedAt = performance.now()
      let interruption: AbortSignal | undefined
      const { pipelines, runs } = await startAndFollow(
        workspace,
        (client) => launchDemo(client, isJson),
        (client, launched) => followDemo(client, launched, isJson, (interruption ??= savingSignal())),
      )
      const report = {
        workspace,
        pipelines,
        runs: runs.map(reportOf),
        engines: [...new Set(runs.flatMap(({ engine }) => engine ?? []))],
        test: compare(runs),
        durationMs: Math.round(performance.now() - startedAt),
      }
      show(isJson, report, textOf)
      const failure = failureOf(runs)
      if (failure !== undefined) throw failure
      if (report.test === null) {
        if (!isJson) process.stderr.write(`${resumeHint(runs, workspace)}\n`)
        process.exitCode = interruptedExitCode
      }
    })
}

interface LaunchedDemo {
  distilled: LaunchedPipeline
  scratch: LaunchedPipeline
}

async function launchDemo(client: StudioClient, isJson: boolean): Promise<LaunchedDemo> {
  await requireBuiltIn(client, isJson)
  const found = (await client.pipelines.presets({})).find(({ name }) => name === preset)
  if (found === undefined)
    throw new StudioError('preset-unknown', `The preset ${preset} is missing.`, 'Reinstall the studio.')

  const request = { dataset: datasetName, preset, labels }
  return {
    distilled: await client.pipelines.launch({ ...request, configuration: found.configuration }),
    scratch: await client.pipelines.launch({
      ...request,
      configuration: applySettings(found.configuration, ['finetune.initialization=scratch'], scratchStages.join()),
    }),
  }
}

async function followDemo(
  client: StudioClient,
  { distilled, scratch }: LaunchedDemo,
  isJson: boolean,
  interruption: AbortSignal,
): Promise<{ pipelines: string[]; runs: Run[] }> {
  const runs = await followRuns(client, [...distilled.runIds, ...scratch.runIds], {
    display: openProgress(isJson),
    interruption,
    titleOf: (run) =>
      run.pipelineId === scratch.id ? `${stageTitles[run.stage]}, from scratch` : stageTitles[run.stage],
  })
  return { pipelines: [distilled.id, scratch.id], runs }
}

/** Makes and imports the built-in videos if they are missing. */
export async function requireBuiltIn(client: StudioClient, isJson: boolean): Promise<void> {
  const datasets = await client.datasets.list({})
  if (datasets.some(({ name }) => name === datasetName)) return
  await followImport(
    await client.datasets.importBuiltIn({ name: datasetName }),
    openProgress(isJson),
    'Built-in videos',
  )
}

export { datasetName as demoDataset, labels as demoLabels, preset as demoPreset }

/** The results of the two tests, and of chance. */
function compare(runs: readonly Run[]): DemoReport['test'] {
  const [finetuned, scratch] = runs.flatMap(({ result }) => (result === null ? [] : [result]))
  if (finetuned === undefined || scratch === undefined) return null
  const discordant = discordantVideos(scratch, finetuned)
  const gain = discordant && pairedShares(discordant.onlyFirst, discordant.onlySecond, finetuned.videos)
  return {
    videos: finetuned.videos,
    finetuned: accuracyOf(finetuned),
    scratch: accuracyOf(scratch),
    chance: { ...chanceOf(finetuned.classes.length), interval: null },
    gain: gain ?? null,
    conclusion: conclusionOf(gain, finetuned.videos),
  }
}

const accuracyOf = ({ top1, top5, videos }: TestResult): Accuracy => ({
  top1,
  top5,
  interval: wilsonInterval(Math.round(top1 * videos), videos) ?? null,
})

const points = (share: number): string => (100 * share).toFixed(1)

/** One sentence about what the two accuracies allow to say. */
export function conclusionOf(gain: ReturnType<typeof pairedShares>, videos: number): string {
  if (gain === undefined) return 'The two tests cannot be compared video by video, so the difference has no interval.'
  const range = `95 % interval ${points(gain.low)} to ${points(gain.high)}`
  const same = `on the same ${formatQuantity(videos, 'video')}`
  if (gain.low <= 0 && gain.high >= 0)
    return `The student differs from scratch by ${points(gain.difference)} points ${same} (${range}): too little to say which is better.`
  return `Pre-training ${gain.low > 0 ? 'gained' : 'lost'} ${points(Math.abs(gain.difference))} points ${same} (${range} of student − scratch): more than the choice of videos explains. Other seeds give other figures.`
}

const accuracyRow = (title: string, { top1, top5, interval }: Accuracy): string[] => [
  title,
  formatAccuracy(top1),
  interval === null ? '–' : `${formatAccuracy(interval.low)} – ${formatAccuracy(interval.high)}`,
  formatAccuracy(top5),
]

function textOf({ workspace, runs, engines, test, durationMs }: DemoReport): string {
  const accuracy =
    test === null
      ? []
      : [
          '',
          `Accuracy on ${test.videos} test videos, by ${labels}:`,
          table(
            ['Classifier', 'Top-1', '95 % interval', 'Top-5'],
            [
              accuracyRow('Fine-tuned student', test.finetuned),
              accuracyRow('Same size, from scratch', test.scratch),
              accuracyRow('Chance', test.chance),
            ],
            [1, 2, 3],
          ),
          '',
          test.conclusion,
        ]
  return [
    reportTable(runs),
    `Computed by ${engines.join('; ')}.`,
    ...accuracy,
    '',
    `Done in ${formatDuration(durationMs)}. Open the studio with:`,
    `  ${commandLine(['npm', 'start', '--', '--workspace', workspace])}`,
  ].join('\n')
}
