import { InvalidArgumentError, type Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { similarityByDistance } from '#contract/domain/frame-similarity.ts'
import {
  type ProbeMethod,
  probeMethods,
  probePhaseTitles,
  type ProbeRecord,
  defaultNeighbours,
  videosPerClass,
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
  method: ProbeMethod[]
  k: number
}

/** The verbs that evaluate a checkpoint without training it. */
export function addProbeVerbs(checkpoint: Command): void {
  checkpoint
    .command('probe')
    .description(
      'evaluate a frozen encoder on labelled videos: nearest neighbours, a linear and an attentive classifier',
    )
    .argument('<id>', modelHelp)
    .requiredOption('--dataset <name>', 'the dataset whose labelled videos to use')
    .option('--labels <name>', 'label set, if the dataset has several')
    .option('--method <list>', `classifiers to use: ${probeMethods.join(',')}, or all`, parseMethods, [...probeMethods])
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
  { dataset, labels, method: methods, k }: ProbeOptions,
): Promise<ProbeRecord | undefined> {
  const interruption = interruptSignal()
  return withStudio(workspace, async (client) => {
    const display = openProgress(isJson)
    try {
      const request = { model, dataset, methods, neighbours: k, ...(labels === undefined ? {} : { labels }) }
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
  const { engine, clip, chance, videos, leftOut, durationMs, notes } = record
  const perClass = videosPerClass(record)
  const training = `${videos.train} training${perClass === undefined ? '' : ` (${perClass} of each class)`}`
  const counts = `${training}, ${videos.validation} validation and ${videos.test} test videos`
  return [
    probeTable([record]),
    `Chance is ${formatAccuracy(chance.top1)}${chance.top5 === null ? '' : ` and ${formatAccuracy(chance.top5)}`}. ${counts}, one centre view of ${clip.frames} frames at ${clip.imageSize} px each; ${formatDuration(durationMs)} on ${engine}.`,
    ...settingsText(record),
    ...similarityText(record),
    ...notes.map((note) => `Note: ${note}`),
    ...(leftOut.length === 0 ? [] : [`${leftOut.length} videos could not be read:`, ...leftOut]),
  ].join('\n')
}

const chosen = (isChosen: boolean, count: string, verb: 'is' | 'are'): string =>
  isChosen
    ? `${verb} the best of ${count} on the validation videos`
    : `${verb} the default, because no validation video has a class`

/** How the settings of the fitted classifiers were chosen. */
function settingsText({ linear, attentive }: ProbeRecord): string[] {
  return [
    ...(linear === null
      ? []
      : [
          `The weight decay ${linear.weightDecay} of the linear classifier ${chosen(linear.isChosenOnValidation, 'five', 'is')}.`,
        ]),
    ...(attentive === null
      ? []
      : [
          `The learning rate ${attentive.learningRate} and weight decay ${attentive.weightDecay} of the attentive classifier ${chosen(attentive.isChosenOnValidation, `${attentive.settings} pairs`, 'are')}; after ${attentive.iterations} steps of ${attentive.batchSize} videos its training loss is ${formatNumber(attentive.trainingLoss)}.`,
        ]),
  ]
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
      'Per class',
      'k',
      'k-NN top-1',
      ...optional('top-5'),
      'Linear top-1',
      ...optional('top-5'),
      'Attentive top-1',
      ...optional('top-5'),
      'Chance',
      'Videos',
      'Time',
    ],
    records.map((record) => [
      record.model,
      record.dataset.name,
      record.dataset.labels,
      videosPerClass(record) ?? '–',
      record.knn?.neighbours ?? '–',
      ...[record.knn, record.linear, record.attentive].flatMap((accuracy) => [
        formatAccuracy(accuracy?.top1 ?? null),
        ...optional(formatAccuracy(accuracy?.top5 ?? null)),
      ]),
      formatAccuracy(record.chance.top1),
      record.videos.test,
      formatDuration(record.durationMs),
    ]),
    Array.from({ length: showsTopFive ? 11 : 8 }, (_, index) => index + 3),
  )
}

/** A list such as `knn,attentive`. `both` is the pair of early versions. */
function parseMethods(text: string): ProbeMethod[] {
  if (text === 'all') return [...probeMethods]
  if (text === 'both') return ['knn', 'linear']
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !probeMethods.some((method) => method === name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${unknown} is no method. Name one or more of ${probeMethods.join(',')}, or all.`)
  return probeMethods.filter((method) => names.includes(method))
}

function parseNeighbours(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('k is a whole number from 1 to 10000.')
  return Number(text)
}
