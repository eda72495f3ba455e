import { z } from 'zod'
import { sectionNames } from '#contract/configuration/pipeline.ts'
import { checkpointId, type Continuation } from '#contract/domain/model-ref.ts'
import { type Overrides, pipelineRequest } from '#contract/domain/pipeline.ts'
import type { Draft, FieldValue } from './draft.ts'
import { fieldId } from './draft.ts'

/** The launched pipeline from which a draft was made. */
export const origin = z.object({
  request: pipelineRequest,
  /** What has changed since its launch, so that the same configuration may give other results. */
  differences: z.array(z.string()),
})
export type Origin = z.infer<typeof origin>

/** A value of a draft that differs from that of its origin. */
export interface Change {
  /** `distill.maskRatio`, `inputs.model`, `dataset`, `labels` or `stages`. */
  readonly field: string
  readonly before: string
  readonly after: string
}

/** A draft with the dataset, the labels and the whole configuration of a launched pipeline, without its name. */
export const draftFromOrigin = ({
  request: { dataset, labels, preset, configuration, continues },
}: Pick<Origin, 'request'>): Draft => ({
  ...(continues === undefined ? {} : { continues }),
  name: '',
  dataset,
  labels: labels ?? null,
  preset,
  configuration: structuredClone(configuration),
})

/** All that a draft changes in the pipeline that it was made from, in the order of the form. */
export function changesSince({ request }: Origin, { dataset, labels, configuration, continues }: Draft): Change[] {
  const fields = changedValues(request.configuration, configuration)
  const roles = Object.keys({
    ...request.configuration.inputs,
    ...configuration.inputs,
  }) as (keyof typeof configuration.inputs)[]
  const pairs: [field: string, before: unknown, after: unknown][] = [
    ['dataset', request.dataset, dataset],
    ['labels', request.labels, labels],
    ['continues', checkpointText(request.continues), checkpointText(continues)],
    ['stages', request.configuration.stages.join(', '), configuration.stages.join(', ')],
    ...roles.map((role): [string, unknown, unknown] => [
      `inputs.${role}`,
      request.configuration.inputs[role],
      configuration.inputs[role],
    ]),
    ...fields,
  ]
  return pairs
    .map(([field, before, after]) => ({ field, before: textOf(before), after: textOf(after) }))
    .filter(({ before, after }) => before !== after)
}

/** Hyperparameters that a draft changes, as a launch records them. */
export const overridesSince = ({ request }: Origin, { configuration }: Draft): Overrides =>
  Object.fromEntries(
    changedValues(request.configuration, configuration).flatMap(([field, , after]) =>
      after === null || after === undefined ? [] : [[field, after]],
    ),
  )

const checkpointText = (from: Continuation | undefined): string | undefined =>
  from === undefined ? undefined : checkpointId(from.run, from.step)

type Sections = Record<(typeof sectionNames)[number], Record<string, FieldValue>>

const changedValues = (before: Sections, after: Sections): [string, FieldValue | undefined, FieldValue | undefined][] =>
  sectionNames.flatMap((section) =>
    Object.keys(after[section])
      .filter((key) => before[section][key] !== after[section][key])
      .map((key): [string, FieldValue | undefined, FieldValue | undefined] => [
        fieldId(section, key),
        before[section][key],
        after[section][key],
      ]),
  )

const textOf = (value: unknown): string =>
  value === null || value === undefined || value === ''
    ? '–'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
