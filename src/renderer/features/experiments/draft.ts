import { z } from 'zod'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import { slug } from '#contract/domain/dataset.ts'
import { type Preset, pipelineRequest } from '#contract/domain/pipeline.ts'
import { requestProblems } from '#contract/experiment/problems.ts'
import { type ExperimentRequest, experimentRequest } from '#contract/experiment/request.ts'
import { chainOf, startNames, startSchema, tuningOf } from '#contract/stages/starts.ts'
import { contractText, t } from '../../ui/language.ts'

/** Where the values of all stages come from. */
const base = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('preset'), preset: z.string() }),
  z.object({ kind: z.literal('run'), id: z.string(), request: pipelineRequest }),
])
export type DraftBase = z.infer<typeof base>

/** A teacher ablation while it is edited. Numbers are kept as they were typed. */
export const experimentDraft = z.object({
  /** Empty if the window should suggest one. */
  name: z.string(),
  dataset: z.string().nullable(),
  labels: z.array(z.string()),
  base,
  starts: z.array(startSchema),
  pretrainingSeeds: z.string(),
  finetuningSeeds: z.string(),
  /** Numbers separated by commas; empty for the value of the configuration. */
  learningRates: z.string(),
  layerDecays: z.string(),
  probes: z.boolean(),
})
export type ExperimentDraft = z.infer<typeof experimentDraft>

/** A small grid around the values of a preset: thirds and triples of the rate, which is what matters most. */
const rateFactors = [1 / 3, 1, 3]

/** A draft with every start, three seeds and a small grid. */
export const draftFromPreset = (preset: Preset): ExperimentDraft => ({
  name: '',
  dataset: null,
  labels: [],
  base: { kind: 'preset', preset: preset.name },
  starts: [...startNames],
  pretrainingSeeds: '3',
  finetuningSeeds: '1',
  ...gridAround(preset),
  probes: true,
})

/** Texts of the rates and decays to choose from, around the values of a configuration. */
export function gridAround({ configuration }: Pick<Preset, 'configuration'>): {
  learningRates: string
  layerDecays: string
} {
  const { learningRate, layerDecay } = tuningOf(configuration)
  return {
    learningRates: rateFactors.map((factor) => String(Number((learningRate * factor).toPrecision(2)))).join(', '),
    layerDecays: String(layerDecay),
  }
}

/** Chooses a dataset, and its label sets of the same names as before, or else all of them. */
export function withDataset(draft: ExperimentDraft, dataset: DatasetSummary): ExperimentDraft {
  const names = dataset.labelSets.map(({ name }) => name)
  const kept = names.filter((name) => draft.labels.includes(name))
  return { ...draft, dataset: dataset.name, labels: kept.length > 0 ? kept : names }
}

/** Adds or removes a value of a list, in the order of `all`. */
export const toggledIn = <T>(values: readonly T[], value: T, all: readonly T[]): T[] =>
  all.filter((other) => (other === value ? !values.includes(value) : values.includes(other)))

/** Fields of the form: those of a request, or `configuration` for the values of a preset or run. */
export type DraftField = Exclude<keyof ExperimentRequest, 'preset'>

/** A reason why the draft cannot be launched. */
export interface DraftProblem {
  readonly field: DraftField
  readonly message: string
}

export interface DraftCheck {
  /** The experiment to launch; null if there are problems. */
  readonly request: ExperimentRequest | null
  readonly problems: readonly DraftProblem[]
  /** First message of each field. */
  readonly byField: ReadonlyMap<DraftField, string>
}

/** What the check of a draft depends on. */
export interface DraftSources {
  readonly datasets: readonly DatasetSummary[]
  readonly presets: readonly Preset[]
  /** Names of experiments and groups of pipelines. */
  readonly taken: ReadonlySet<string>
}

/** Checks the whole draft, all fields at once. */
export function checkDraft(draft: ExperimentDraft, sources: DraftSources): DraftCheck {
  const problems = [
    ...dataProblems(draft, sources.datasets),
    ...nameProblems(draft.name, sources.taken),
    ...baseProblems(draft, sources.presets),
    ...(draft.starts.length === 0 ? [{ field: 'starts' as const, message: t('experiments.problems.noStarts') }] : []),
    ...numberProblems(draft),
  ]
  const parsed = problems.length > 0 ? undefined : parse(draft, sources)
  for (const { path, message } of parsed?.error?.issues ?? [])
    problems.push({ field: fieldOf(String(path[0])), message: contractText(message) })
  const request = parsed?.data ?? null
  if (request !== null) {
    const balance = sources.datasets.find(({ name }) => name === draft.dataset)?.balance ?? []
    for (const { field, message } of requestProblems(request, balance))
      problems.push({ field: fieldOf(field), message: contractText(message) })
  }
  return {
    request: problems.length > 0 ? null : request,
    problems,
    byField: new Map(problems.toReversed().map(({ field, message }) => [field, message])),
  }
}

/** The name of a draft without one: that of its dataset, with the first number that is not taken. */
export function suggestedName({ dataset }: Pick<ExperimentDraft, 'dataset'>, taken: ReadonlySet<string>): string {
  const stem = `${(dataset ?? 'data').slice(0, 20).replace(/-$/, '')}-teachers`
  let number = 1
  while (taken.has(`${stem}-${number}`)) number++
  return `${stem}-${number}`
}

const fields = new Set<string>(Object.keys(experimentRequest.shape))
/** Hyperparameters have no field of their own. */
const fieldOf = (field: string): DraftField =>
  fields.has(field) && field !== 'preset' ? (field as DraftField) : 'configuration'

function parse(draft: ExperimentDraft, { presets, taken }: DraftSources) {
  const from = baseOf(draft.base, presets)
  return experimentRequest.safeParse({
    name: draft.name === '' ? suggestedName(draft, taken) : draft.name,
    dataset: draft.dataset,
    labels: draft.labels,
    preset: from?.preset,
    configuration: from?.configuration,
    starts: draft.starts,
    pretrainingSeeds: Number(draft.pretrainingSeeds),
    finetuningSeeds: Number(draft.finetuningSeeds),
    learningRates: numbersOf(draft.learningRates),
    layerDecays: numbersOf(draft.layerDecays),
    probes: draft.probes,
  })
}

/**
 * Preset and values of all stages; undefined if the preset is gone. A pipeline need not have all stages, and the starts replace the model
 * that its fine-tuning started from.
 */
export function baseOf(
  from: DraftBase,
  presets: readonly Preset[],
): Pick<ExperimentRequest, 'preset' | 'configuration'> | undefined {
  if (from.kind === 'run') {
    const { preset, configuration } = from.request
    return { preset, configuration: chainOf('both-student', configuration) }
  }
  const preset = presets.find(({ name }) => name === from.preset)
  return preset === undefined ? undefined : { preset: preset.name, configuration: preset.configuration }
}

function dataProblems({ dataset, labels }: ExperimentDraft, datasets: readonly DatasetSummary[]): DraftProblem[] {
  if (dataset === null) return [{ field: 'dataset', message: t('experiments.problems.chooseDataset') }]
  const found = datasets.find(({ name }) => name === dataset)
  if (found === undefined)
    return [{ field: 'dataset', message: t('experiments.problems.noDataset', { name: dataset }) }]
  if (found.labelSets.length === 0)
    return [{ field: 'labels', message: t('experiments.problems.unlabelled', { name: dataset }) }]
  const problems: DraftProblem[] = []
  if (labels.length === 0) problems.push({ field: 'labels', message: t('experiments.problems.noLabels') })
  for (const name of labels) {
    const set = found.labelSets.find((other) => other.name === name)
    if (set === undefined) problems.push({ field: 'labels', message: t('experiments.problems.labelsGone', { name }) })
    else if (set.classes.length < 2)
      problems.push({ field: 'labels', message: t('experiments.problems.oneClass', { name }) })
  }
  return problems
}

function nameProblems(name: string, taken: ReadonlySet<string>): DraftProblem[] {
  if (name === '') return []
  if (taken.has(name)) return [{ field: 'name', message: t('experiments.problems.nameTaken', { name }) }]
  return (slug.safeParse(name).error?.issues ?? []).map(({ message }) => ({
    field: 'name',
    message: contractText(message),
  }))
}

function baseProblems({ base: from }: ExperimentDraft, presets: readonly Preset[]): DraftProblem[] {
  return from.kind === 'preset' && !presets.some(({ name }) => name === from.preset)
    ? [{ field: 'configuration', message: t('experiments.problems.noPreset', { name: from.preset }) }]
    : []
}

/** Experiments have at most as many seeds. */
const mostSeeds = 100
const mostGridValues = 16

function numberProblems(draft: ExperimentDraft): DraftProblem[] {
  const seeds = (['pretrainingSeeds', 'finetuningSeeds'] as const).flatMap((field): DraftProblem[] => {
    const count = Number(draft[field])
    const isCount = draft[field].trim() !== '' && Number.isInteger(count) && count >= 1 && count <= mostSeeds
    return isCount ? [] : [{ field, message: t('experiments.problems.seeds', { max: mostSeeds }) }]
  })
  const grid = (['learningRates', 'layerDecays'] as const).flatMap((field): DraftProblem[] => {
    const words = wordsOf(draft[field])
    const bad = words.find((word) => !(Number(word) > 0 && Number.isFinite(Number(word))))
    if (bad !== undefined) return [{ field, message: t('experiments.problems.gridNumber', { text: bad }) }]
    return words.length > mostGridValues
      ? [{ field, message: t('experiments.problems.gridSize', { max: mostGridValues }) }]
      : []
  })
  return [...seeds, ...grid]
}

const wordsOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
const numbersOf = (text: string): number[] => wordsOf(text).map(Number)

/** Training videos of each class of a label set; classes without any have zero. */
export function labelCounts(dataset: DatasetSummary, labels: string): number[] {
  return dataset.balance
    .filter(({ labelSet, label }) => labelSet === labels && label !== null)
    .map(({ train }) => train)
}

/** `2`, or `12–15` if classes differ; empty without classes. */
export function labelsPerClassText(counts: readonly number[]): string {
  if (counts.length === 0) return ''
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least}–${most}`
}
