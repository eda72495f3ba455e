import { InvalidArgumentError, Option, type Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { similarityByDistance } from '#contract/domain/frame-similarity.ts'
import {
  type ProbeMethod,
  probeMethods,
  probePhaseTitles,
  type ProbeRecord,
  defaultNeighbours,
} from '#contract/domain/probe.ts'
import { hasTopFive } from '#contract/domain/result.ts'
import { formatDuration, formatNumber } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { formatAccuracy } from './format.ts'
import { interruptedExitCode, interruptSignal } from './interrupt.ts'
import { commonOf, modelHelp, type Common } from './options.ts'
import { show, table } from './output.ts'
import { openProgress } from './progress.ts'

interface ProbeOptions {
  dataset: string
  labels?: string
  method: ProbeMethod
  k: number
}

/** The verbs that evaluate a checkpoint without training it. */
export function addProbeVerbs(checkpoint: Command): void {
  checkpoint
    .command('probe')
    .description('evaluate a frozen encoder on labelled videos: nearest neighbours and a linear classifier')
    .argument('<id>', modelHelp)
    .requiredOption('--dataset <name>', 'the dataset whose labelled videos to use')
    .option('--labels <name>', 'label set, if the dataset has several')
    .addOption(new Option('--method <method>', 'which classifier to use').choices(probeMethods).default('both'))
    .option('--k <number>', 'number of neighbours that vote', parseNeighbours, defaultNeighbours)
    .action(async (model: string, options: ProbeOptions, command: Command) => {
      const common = commonOf(command)
      const record = await probe(common, model, options)
      if (record === undefined) process.exitCode = interruptedExitCode
      else show(common.isJson, record, probeText)
    })

  checkpoint
    .command('probes')
    .description('results of probes, newest first')
    .argument('[id]', `only those of ${modelHelp}`)
    .action(async (model: string | undefined, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const records = await withStudio(workspace, (client) => client.probes.list(model === undefined ? {} : { model }))
      show(isJson, records, (list) =>
        list.length === 0
          ? 'No probe yet. Probe a checkpoint with: checkpoint probe ID --dataset NAME'
          : probeTable(list),
      )
    })
}

/** Returns undefined if Ctrl-C stopped it. */
async function probe(
  { workspace, isJson }: Common,
  model: string,
  { dataset, labels, method, k }: ProbeOptions,
): Promise<ProbeRecord | undefined> {
  const interruption = interruptSignal()
  return withStudio(workspace, async (client) => {
    const display = openProgress(isJson)
    try {
      const request = { model, dataset, method, neighbours: k, ...(labels === undefined ? {} : { labels }) }
      for await (const event of await client.probes.run(request, { signal: interruption })) {
        if (event.type === 'done') return event.probe
        const { phase, done, total } = event.progress
        display.update([{ id: phase, title: probePhaseTitles[phase], done, total, detail: '', isMoving: done < total }])
      }
    } finally {
      display.close()
    }
    if (interruption.aborted) return undefined
    throw new StudioError(
      'internal',
      'The probe ended without a result.',
      'This is a defect of the studio. Please report it.',
    )
  })
}

/** The whole result of a probe. */
export function probeText(record: ProbeRecord): string {
  const { engine, clip, chance, videos, leftOut, durationMs, linear, notes } = record
  const counts = `${videos.train} training, ${videos.validation} validation and ${videos.test} test videos`
  return [
    probeTable([record]),
    `Chance is ${formatAccuracy(chance.top1)}${chance.top5 === null ? '' : ` and ${formatAccuracy(chance.top5)}`}. ${counts}, one centre view of ${clip.frames} frames at ${clip.imageSize} px each; ${formatDuration(durationMs)} on ${engine}.`,
    ...(linear === null
      ? []
      : [
          `The weight decay ${linear.weightDecay} of the linear classifier ${linear.isChosenOnValidation ? 'is the best of five on the validation videos' : 'is the default, because no validation video has a class'}.`,
        ]),
    ...similarityText(record),
    ...notes.map((note) => `Note: ${note}`),
    ...(leftOut.length === 0 ? [] : [`${leftOut.length} videos could not be read:`, ...leftOut]),
  ].join('\n')
}

/** A clip of one tubelet has nothing to compare. */
function similarityText({ frameSimilarity }: ProbeRecord): string[] {
  const [, ...cosines] = similarityByDistance(frameSimilarity)
  if (cosines.length === 0) return []
  return [
    `Mean cosine between features 1 to ${cosines.length} tubelets apart: ${cosines.map((cosine) => formatNumber(cosine, 3)).join(', ')}.`,
  ]
}

function probeTable(records: readonly ProbeRecord[]): string {
  const showsTopFive = records.some(({ classes }) => hasTopFive(classes))
  const optional = <T>(cell: T): T[] => (showsTopFive ? [cell] : [])
  return table(
    [
      'Checkpoint',
      'Dataset',
      'Labels',
      'k',
      'k-NN top-1',
      ...optional('top-5'),
      'Linear top-1',
      ...optional('top-5'),
      'Chance',
      'Videos',
      'Time',
    ],
    records.map(({ model, dataset, knn, linear, chance, videos, durationMs }) => [
      model,
      dataset.name,
      dataset.labels,
      knn?.neighbours ?? '–',
      formatAccuracy(knn?.top1 ?? null),
      ...optional(formatAccuracy(knn?.top5 ?? null)),
      formatAccuracy(linear?.top1 ?? null),
      ...optional(formatAccuracy(linear?.top5 ?? null)),
      formatAccuracy(chance.top1),
      videos.test,
      formatDuration(durationMs),
    ]),
    Array.from({ length: showsTopFive ? 8 : 6 }, (_, index) => index + 3),
  )
}

function parseNeighbours(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('k is a whole number from 1 to 10000.')
  return Number(text)
}
