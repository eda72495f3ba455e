import { formatDifference } from '#contract/comparison/results.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { probeMethodTitles } from '#contract/domain/probe.ts'
import { describeNote } from '#contract/experiment/outcome.ts'
import { gridOf, hasSelection, pretrainingSeeds } from '#contract/experiment/plan.ts'
import { describeProblem } from '#contract/experiment/progress.ts'
import { phaseTitles } from '#contract/experiment/request.ts'
import type {
  ExperimentDetail,
  ExperimentResult,
  LabelSetResult,
  SeedMean,
  StartDifference,
} from '#contract/experiment/result.ts'
import { formatDuration, formatList, formatNumber, formatQuantity, formatShare } from '#contract/format.ts'
import { startTitles } from '#contract/stages/starts.ts'
import { type Block, heading, list, paragraph, type ReportDocument } from '../reports/document.ts'
import { experimentCommand } from './command.ts'
import { curveFigures, similarityFigure } from './figures.ts'

export interface DocumentOptions {
  readonly title: string | undefined
  readonly presets: readonly Preset[]
  readonly version: string
  readonly madeAt: Date
}

/** The report on an experiment: what was compared, the outcome with intervals, the grid, and how to repeat it. */
export function experimentDocument(detail: ExperimentDetail, options: DocumentOptions): ReportDocument {
  const { experiment } = detail
  const { title, presets, version, madeAt } = options
  return {
    title: title ?? `Teacher ablation ${experiment.id}`,
    subtitle: `On ${experiment.request.dataset}. Made on ${madeAt.toISOString().slice(0, 16).replace('T', ' at ')} UTC by MVD Studio ${version}.`,
    blocks: [
      ...overview(detail),
      ...outcomeBlocks(detail),
      ...curveFigures(detail.result),
      ...similarityBlocks(detail.result),
      ...probeBlocks(detail.result),
      ...gridBlocks(detail),
      heading('Run again'),
      paragraph('This command launches the same experiment, in a workspace with the same dataset and models.'),
      { kind: 'code', text: experimentCommand(experiment.request, presets) },
    ],
  }
}

function overview({ experiment, result }: ExperimentDetail): Block[] {
  const { request, phases, problems, status, durationMs, studioVersion, createdAt, datasetDigest } = experiment
  const grid = gridOf(request)
  return [
    heading('What was compared'),
    {
      kind: 'table',
      caption: 'The experiment.',
      head: ['', ''],
      rows: [
        ['Status', status],
        ['Launched', `${createdAt.slice(0, 16).replace('T', ' at ')} UTC by MVD Studio ${studioVersion}`],
        ['Dataset', `${request.dataset}, digest ${datasetDigest.slice(0, 12)}`],
        ['Label sets', request.labels.join(', ')],
        ['Starts', request.starts.map((start) => startTitles[start]).join('\n')],
        ['Preset', request.preset],
        ['Pre-training seeds', pretrainingSeeds(request).join(', ')],
        ['Fine-tuning seeds for each', String(request.finetuningSeeds)],
        [
          'Fine-tuning',
          hasSelection(request)
            ? `${grid.length} combinations of rate and decay, chosen on validation for each start and label set`
            : `rate ${grid[0]?.learningRate}, layer decay ${grid[0]?.layerDecay}, not chosen on validation`,
        ],
        [
          'Runs',
          phases.map(({ phase, finished, total }) => `${phaseTitles[phase]}: ${finished} of ${total}`).join('\n'),
        ],
        ['Computing time', formatDuration(durationMs)],
        ['Engines', result.engines.join('\n') || '–'],
      ],
      numeric: [],
    },
    ...list([...problems.map(describeProblem), ...result.notes.map(describeNote)]),
  ]
}

/** Results, differences and classes of each label set. */
export function outcomeBlocks({ result }: ExperimentDetail): Block[] {
  return [
    heading('Results'),
    paragraph(
      'Test top-1 in %: mean over the pre-training seeds ± half the 95 % interval of the mean by Student’s t distribution. Fine-tuning seeds are averaged within a pre-training seed; n is the number of pre-training seeds.',
    ),
    ...result.labelSets.flatMap((labelSet) => [
      heading(labelSetTitle(labelSet), 3),
      resultTable(labelSet),
      ...differenceTable(labelSet),
      ...classTable(labelSet),
    ]),
  ]
}

/** `motion-4: 8 classes, 4 labels per class, 640 test videos`. */
export function labelSetTitle({ labels, classes, labelsPerClass, testVideos }: LabelSetResult): string {
  const counted =
    labelsPerClass === null
      ? []
      : [
          labelsPerClass.fewest === labelsPerClass.most
            ? `${formatQuantity(labelsPerClass.most, 'label')} per class`
            : `${labelsPerClass.fewest} to ${labelsPerClass.most} labels per class`,
        ]
  const tested = testVideos === null ? [] : [formatQuantity(testVideos, 'test video')]
  return `${labels}: ${[formatQuantity(classes.length, 'class', 'classes'), ...counted, ...tested].join(', ')}`
}

function resultTable({ labels, starts, classes }: LabelSetResult): Block {
  return {
    kind: 'table',
    caption: `Test top-1 on ${labels} by start. Chance is ${classes.length === 0 ? '–' : formatShare(1 / classes.length)}.`,
    head: ['Start', 'Top-1 (%)', 'n', 'Seeds', 'Rate', 'Layer decay'],
    rows: starts.map(({ start, top1, seeds, tuning }) => [
      startTitles[start],
      meanText(top1),
      String(top1.seeds),
      seeds.map((seed) => percent(seed.top1)).join(', ') || '–',
      tuning === null ? '–' : String(tuning.learningRate),
      tuning === null ? '–' : String(tuning.layerDecay),
    ]),
    numeric: [1, 2, 4, 5],
  }
}

function differenceTable({ labels, differences }: LabelSetResult): Block[] {
  if (differences.length === 0) return []
  return [
    {
      kind: 'table',
      caption: `Differences on ${labels} in percentage points, paired by seed: mean, its 95 % interval, and p of the two-sided paired t test, not corrected for the number of comparisons.`,
      head: ['Start', 'Against', 'Difference', '95 % interval', 'p', 'Pairs'],
      rows: differences.map((difference) => [
        startTitles[difference.start],
        startTitles[difference.baseline],
        ...differenceCells(difference),
        String(difference.pairs.length),
      ]),
      numeric: [2, 3, 4, 5],
    },
  ]
}

/** Difference, interval and p as text: `+5.1`, `+2.0 to +8.2`, `0.012`. */
export function differenceCells({ difference, interval, p }: StartDifference): [string, string, string] {
  if (difference === null) return ['–', '–', '–']
  return [
    formatDifference(difference),
    interval === null
      ? '–'
      : `${formatDifference(difference - interval)} to ${formatDifference(difference + interval)}`,
    p === null ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3),
  ]
}

function classTable({ labels, classes, starts }: LabelSetResult): Block[] {
  if (starts.every(({ top1 }) => top1.mean === null)) return []
  return [
    {
      kind: 'table',
      caption: `Accuracy by class on ${labels} in %.`,
      head: ['Class', ...starts.map(({ start }) => startTitles[start])],
      rows: classes.map((label, index) => [
        label,
        ...starts.map((start) => {
          const found = start.classes[index]
          return found === undefined ? '–' : meanText(found.top1)
        }),
      ]),
      numeric: starts.map((_, index) => index + 1),
    },
  ]
}

function similarityBlocks(result: ExperimentResult): Block[] {
  const [first] = result.similarities
  if (first === undefined) return []
  return [
    heading('Similarity of features over time'),
    paragraph(
      'Cosine between the mean features of two tubelets of a clip, by their distance in time, averaged over the test videos. Features that do not change over time have a cosine near 1 at every distance.',
    ),
    {
      kind: 'table',
      caption: 'Cosine by distance in tubelets: mean over the pre-training seeds ± half the 95 % interval.',
      head: ['Start', ...first.distances.map(({ tubelets }) => String(tubelets))],
      rows: result.similarities.map(({ start, distances }) => [
        startTitles[start],
        ...distances.map(({ cosine }) =>
          cosine.mean === null
            ? '–'
            : `${cosine.mean.toFixed(3)}${cosine.interval === null ? '' : ` ± ${cosine.interval.toFixed(3)}`}`,
        ),
      ]),
      numeric: first.distances.map((_, index) => index + 1),
    },
    similarityFigure(result),
  ]
}

function probeBlocks({ probes }: ExperimentResult): Block[] {
  if (probes.length === 0) return []
  return [
    heading('Frozen features'),
    {
      kind: 'table',
      caption:
        'Test top-1 in % of classifiers on frozen features: mean over the pre-training seeds ± half the 95 % interval.',
      head: ['Label set', 'Start', 'Method', 'Top-1 (%)', 'n'],
      rows: probes.map(({ labels, start, method, top1 }) => [
        labels,
        startTitles[start],
        probeMethodTitles[method],
        meanText(top1),
        String(top1.seeds),
      ]),
      numeric: [3, 4],
    },
  ]
}

function gridBlocks({ experiment: { request }, result }: ExperimentDetail): Block[] {
  if (!hasSelection(request)) return []
  const [seed] = pretrainingSeeds(request)
  return [
    heading('Selection'),
    paragraph(
      `Validation of every learning rate and layer decay, with seed ${seed}. The highest top-1 is chosen, at equal top-1 the lowest loss, then the lowest rate. Tests take no part.`,
    ),
    ...result.labelSets.map(({ labels, starts }): Block => ({
      kind: 'table',
      caption: `Grid on ${labels}.`,
      head: ['Start', 'Rate', 'Layer decay', 'Validation top-1 (%)', 'Validation loss', ''],
      rows: starts.flatMap(({ start, grid }) =>
        grid.map(({ learningRate, layerDecay, status, top1, loss, isChosen }) => [
          startTitles[start],
          String(learningRate),
          String(layerDecay),
          top1 === null ? status : percent(top1),
          loss === null ? '–' : formatNumber(loss),
          isChosen ? 'chosen' : '',
        ]),
      ),
      numeric: [1, 2, 3, 4],
    })),
  ]
}

/** `62.1 ± 2.3`; without an interval the mean alone. */
export function meanText({ mean, interval }: SeedMean): string {
  if (mean === null) return '–'
  return `${percent(mean)}${interval === null ? '' : ` ± ${percent(interval)}`}`
}

const percent = (share: number): string => (100 * share).toFixed(1)

/** What can be concluded from a difference, in one sentence. */
export function conclusionOf({ start, baseline, pairs, difference, interval }: StartDifference): string {
  const [name, other] = [startTitles[start], startTitles[baseline].toLowerCase()]
  if (difference === null) return `${name} and ${other} have no seed in common yet.`
  if (interval === null)
    return `${name} differs from ${other} by ${formatDifference(difference)} points with one seed, from which nothing can be concluded.`
  const [low, high] = [difference - interval, difference + interval]
  const range = `the 95 % interval of the difference over ${formatQuantity(pairs.length, 'seed')} is ${formatDifference(low)} to ${formatDifference(high)} points`
  if (low > 0) return `${name} is better than ${other}: ${range}.`
  if (high < 0) return `${name} is worse than ${other}: ${range}.`
  return `No difference between ${formatList([name.charAt(0).toLowerCase() + name.slice(1), other])} is shown: ${range}.`
}
