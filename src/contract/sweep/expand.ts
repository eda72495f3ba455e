import { describeLimits } from '../configuration/form.ts'
import { pipelineConfiguration } from '../configuration/pipeline.ts'
import { slug } from '../domain/dataset.ts'
import type { Overrides, PipelineRequest } from '../domain/pipeline.ts'
import { formatQuantity } from '../format.ts'
import { didYouMean } from '../nearest.ts'
import { stageTitles } from '../stages/index.ts'
import { followersOf, type SectionField, sectionFields, stageOfSection, withOverrides } from './fields.ts'
import { namesOf } from './names.ts'
import { gridPoints, gridSize, randomPoints } from './points.ts'
import { mostMembers, type SweepAxis, type SweepRequest } from './request.ts'

/** A pipeline of a sweep. */
export interface SweepMember {
  readonly name: string
  /** Values of the varied fields, in the order of the axes, then the seed. */
  readonly overrides: Overrides
  readonly request: PipelineRequest
}

/** A reason why a sweep cannot be launched. */
export interface SweepProblem {
  /** The pipeline that it concerns; null for the sweep itself. */
  readonly member: string | null
  /** `<section>.<field>`, `axes`, `seeds`, `random` or `name`; empty if the message names it. */
  readonly field: string
  readonly message: string
}

export interface SweepExpansion {
  /** Empty if the axes themselves have problems. */
  readonly members: readonly SweepMember[]
  /** All that is wrong, so that it can be corrected at once. */
  readonly problems: readonly SweepProblem[]
}

const seedField = 'general.seed'

/** The pipelines of a sweep, each checked by the rules of a configuration. */
export function expandSweep(sweep: SweepRequest): SweepExpansion {
  const problems = sweepProblems(sweep)
  if (problems.length > 0) return { members: [], problems }
  const points = pointsOf(sweep)
  const names = namesOf(sweep.name, points)
  const members: SweepMember[] = []
  points.forEach((overrides, index) => {
    const name = names[index] ?? sweep.name
    if (!slug.safeParse(name).success)
      problems.push({ member: name, field: 'name', message: 'This name is too long. Shorten the name of the sweep.' })
    const parsed = pipelineConfiguration.safeParse(configurationOf(sweep, overrides))
    if (parsed.success)
      members.push({
        name,
        overrides,
        request: { ...sweep.base, name, group: sweep.name, overrides, configuration: parsed.data },
      })
    else
      for (const { path, message } of parsed.error.issues)
        problems.push({ member: name, field: path.map(String).join('.'), message })
  })
  return { members, problems }
}

/** Problems as sentences, those that several pipelines share named once with the first pipeline and their number. */
export function describeSweepProblems(problems: readonly SweepProblem[]): string[] {
  const groups = Map.groupBy(problems, ({ field, message }) => (field === '' ? message : `${field}: ${message}`))
  return [...groups].map(([text, found]) => {
    const [first, ...others] = found.flatMap(({ member }) => member ?? [])
    if (first === undefined) return text
    return `${first}${others.length === 0 ? '' : ` and ${formatQuantity(others.length, 'other pipeline')}`}: ${text}`
  })
}

function configurationOf({ base, axes }: SweepRequest, overrides: Overrides) {
  const changed = withOverrides(base.configuration, overrides)
  const varied = new Set(axes.map(({ field }) => field))
  const following: Overrides = {}
  for (const [path, value] of Object.entries(overrides)) {
    const field = sectionFields.get(path)
    for (const follower of field === undefined ? [] : followersOf(field, changed))
      if (!varied.has(follower.path)) following[follower.path] = value
  }
  return withOverrides(changed, following)
}

function pointsOf({ base, axes, random, seeds }: SweepRequest): Overrides[] {
  const points = random === null ? gridPoints(axes) : randomPoints(axes, random.count, random.seed)
  if (seeds === 1) return points
  const { seed } = base.configuration.general
  return points.flatMap((point) =>
    Array.from({ length: seeds }, (_, index) => ({ ...point, [seedField]: seed + index })),
  )
}

function sweepProblems(sweep: SweepRequest): SweepProblem[] {
  const { axes, random, seeds, base } = sweep
  const problems = axes.flatMap((axis, index) =>
    axisProblems(
      axis,
      sweep,
      axes.slice(0, index).some(({ field }) => field === axis.field),
    ).map((message) => ({
      member: null,
      field: axis.field,
      message,
    })),
  )
  const add = (field: string, message: string) => void problems.push({ member: null, field, message })
  if (axes.length === 0 && seeds === 1) add('axes', 'Vary a hyperparameter, or choose at least two seeds.')
  if (axes.length === 0 && random !== null) add('random', 'A random search needs a hyperparameter that it varies.')
  if (seeds > 1 && axes.some(({ field }) => field === seedField))
    add('seeds', `${seedField} is varied already. Remove it from the varied fields, or choose one seed.`)
  if (base.configuration.general.seed + seeds - 1 > (sectionFields.get(seedField)?.maximum ?? Infinity))
    add('seeds', `The last of ${seeds} seeds would be too large. Lower ${seedField}.`)
  if (problems.length > 0) return problems
  const points = random === null ? gridSize(axes) : random.count
  if (points * seeds > mostMembers)
    add(
      'axes',
      `These are ${points * seeds} pipelines. A sweep has at most ${mostMembers}: vary fewer values, or draw some at random.`,
    )
  else if (random !== null) {
    const found = randomPoints(axes, random.count, random.seed).length
    if (found < random.count)
      add('random', `Only ${formatQuantity(found, 'different combination')} can be drawn. Lower the number of draws.`)
  }
  return problems
}

function axisProblems(axis: SweepAxis, { base, random }: SweepRequest, isRepeated: boolean): string[] {
  const field = sectionFields.get(axis.field)
  if (field === undefined)
    return [
      `There is no such hyperparameter. ${didYouMean(axis.field, [...sectionFields.keys()], 'Write <section>.<field>, such as general.seed.')}`,
    ]
  if (isRepeated) return ['This hyperparameter is varied twice. Write all of its values in one list.']
  const stage = stageOfSection(field.section)
  if (stage !== undefined && !base.configuration.stages.includes(stage))
    return [`The stage ${stageTitles[stage]} is switched off, so this would change nothing.`]
  return 'values' in axis ? valueProblems(field, axis.values) : rangeProblems(field, axis, random !== null)
}

function valueProblems(field: SectionField, values: Extract<SweepAxis, { values: unknown }>['values']): string[] {
  const repeated = values.filter((value, index) => values.indexOf(value) !== index)
  return [
    ...values.flatMap((value) => refusalOf(field, value)),
    ...[...new Set(repeated)].map((value) => `The value ${value} is listed twice.`),
  ]
}

function rangeProblems(
  field: SectionField,
  { from, to, scale }: Extract<SweepAxis, { from: unknown }>,
  isRandom: boolean,
): string[] {
  if (field.kind !== 'integer' && field.kind !== 'number') return ['A range needs a number. List the values instead.']
  if (!isRandom) return ['A range needs a random search. List the values instead, or choose the number of draws.']
  const edges = [from, to].flatMap((value) => refusalOf(field, value))
  if (edges.length > 0) return edges
  if (from >= to) return [`The range ends at ${to}, which is not above its beginning ${from}.`]
  return scale === 'log' && from <= 0 ? ['A logarithmic range must begin above 0.'] : []
}

function refusalOf(field: SectionField, value: string | number | boolean): string[] {
  if (field.schema.safeParse(value).success) return []
  const takes =
    field.kind === 'choice'
      ? field.options.join(', ')
      : field.kind === 'boolean'
        ? 'true or false'
        : `${field.kind === 'integer' ? 'whole numbers' : 'numbers'} ${describeLimits(field)}`.trim()
  return [`The value ${value} is not allowed. It takes ${takes}.`]
}
