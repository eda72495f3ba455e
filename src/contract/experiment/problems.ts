import { pipelineConfiguration } from '../configuration/pipeline.ts'
import { type ClassBalance, slug } from '../domain/dataset.ts'
import type { PipelineRequest } from '../domain/pipeline.ts'
import { chainOf, tunedStage, withTuning } from '../stages/starts.ts'
import { cellsOf, experimentPipelines, finetuningSeedStep, gridOf, hasSelection, pretrainingSeeds } from './plan.ts'
import type { ExperimentRequest } from './request.ts'

/** A reason why an experiment cannot be launched. */
export interface RequestProblem {
  /** Field of the request, or `<section>.<field>` of its configuration. */
  readonly field: string
  readonly message: string
}

/**
 * What is wrong with a request itself and with its label sets, all at once.
 * @param balance samples by label set, class and split of the dataset
 */
export function requestProblems(request: ExperimentRequest, balance: readonly ClassBalance[]): RequestProblem[] {
  const { labels, starts, learningRates, layerDecays } = request
  const problems: RequestProblem[] = []
  const add = (field: string, message: string) => void problems.push({ field, message })
  for (const [field, values] of Object.entries({ labels, starts, learningRates, layerDecays }))
    for (const value of repeatedOf<string | number>(values)) add(field, `${value} is listed twice.`)
  if (request.configuration.inputs.model !== undefined)
    add('inputs.model', 'The starts decide what fine-tuning starts from. Choose no starting point.')
  const [lastSeed = 0] = pretrainingSeeds(request).slice(-1)
  if (lastSeed + finetuningSeedStep * (request.finetuningSeeds - 1) > 0xffffffff)
    add('general.seed', 'The last seed would be too large. Lower general.seed.')
  const known = [...new Set(balance.flatMap(({ labelSet, label }) => (label === null ? [] : [labelSet])))]
  for (const name of labels) {
    const validated = balance.filter(
      ({ labelSet, label, validation }) => labelSet === name && label !== null && validation > 0,
    )
    if (!known.includes(name))
      add(
        'labels',
        `The dataset has no label set called ${name}. ${known.length === 0 ? 'Import it with classes.' : `Choose among ${known.join(', ')}.`}`,
      )
    else if (hasSelection(request) && validated.length < 2)
      add(
        'labels',
        `The label set ${name} has validation videos of ${validated.length === 0 ? 'no class' : 'only one class'}, so rates and decays cannot be chosen. Import the dataset again with a validation split, or choose one rate and one decay.`,
      )
  }
  if (problems.length > 0) return problems
  return [...nameProblems(request), ...configurationProblems(request)]
}

function nameProblems(request: ExperimentRequest): RequestProblem[] {
  const names = experimentPipelines(request).map(({ name }) => name)
  const long = names.find((name) => !slug.safeParse(name).success)
  const [twice] = repeatedOf(names)
  return [
    ...(long === undefined
      ? []
      : [
          {
            field: 'name',
            message: `The pipeline name ${long} is too long: a name has at most 63 characters. Shorten the name of the experiment.`,
          },
        ]),
    ...(twice === undefined
      ? []
      : [
          { field: 'name', message: `Two pipelines would be called ${twice}. Choose another name for the experiment.` },
        ]),
  ]
}

/** Problems of the whole chain of each start with each point of the grid. */
function configurationProblems(request: ExperimentRequest): RequestProblem[] {
  const found = new Map<string, RequestProblem>()
  for (const start of request.starts)
    for (const point of gridOf(request)) {
      const parsed = pipelineConfiguration.safeParse(chainOf(start, withTuning(request.configuration, point)))
      for (const { path, message } of parsed.error?.issues ?? []) {
        const field = path.map(String).join('.')
        const isTuned = hasSelection(request) && field.startsWith(`${tunedStage}.`)
        const values = isTuned ? ` (learning rate ${point.learningRate}, layer decay ${point.layerDecay})` : ''
        const key = `${field} ${message}${values}`
        if (!found.has(key)) found.set(key, { field, message: `${message}${values} Start: ${start}.` })
      }
    }
  return [...found.values()]
}

function repeatedOf<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))]
}

/** The whole chain of every start on every label set, as a pipeline that could be launched alone. */
export const chainsToCheck = (request: ExperimentRequest): PipelineRequest[] =>
  cellsOf(request).map(({ start, labels }) => ({
    dataset: request.dataset,
    preset: request.preset,
    labels,
    configuration: chainOf(start, request.configuration),
  }))
