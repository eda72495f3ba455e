import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import type { KeyValue, QueryKey } from '#contract/query/key.ts'
import { parameterKeys } from '#contract/query/parameter-keys.ts'
import { valueOf } from '#contract/query/run-keys.ts'

/** A value of a run as other programs take it. */
export type PlainValue = number | string | boolean

/** A value of a key; flags as truth values. */
export const plainValue = ({ kind }: Pick<QueryKey, 'kind'>, value: KeyValue): PlainValue | null =>
  kind === 'flag' && value !== null ? value === 1 : value

/**
 * The hyperparameters on which the result of a run depends, by `<section>.<parameter>`, in the order of the form. Those of an imported
 * run have the names that the other program gave them.
 */
export function hyperparametersOf(run: Run, pipeline: Pipeline): Map<string, PlainValue> {
  if (pipeline.imported !== undefined) return new Map(Object.entries(pipeline.imported.parameters))
  const found = new Map<string, PlainValue>()
  for (const key of parameterKeys([run], [pipeline])) {
    const value = plainValue(key, valueOf(key.key, run, pipeline))
    if (value !== null) found.set(key.key, value)
  }
  return found
}
