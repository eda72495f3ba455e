import { z } from 'zod'

/** A key as lists of keys show it. */
export const queryKeyFacts = z.object({
  /** As it is written in a filter: `status`, `distill.maskRatio`, `test.top1.best`. */
  key: z.string(),
  label: z.string(),
  kind: z.enum(['text', 'number', 'flag', 'time']),
  /** Unit of the values: `%`, `px`, `s`; empty if they have none. */
  unit: z.string(),
  /** Heading under which keys are listed. */
  group: z.string(),
  help: z.string(),
  /** Values to choose from, for completion. Not necessarily all. */
  values: z.array(z.string()).readonly(),
})

/** Value of a key as it is shown and sorted; null if an item has none. Times are ISO texts, flags 1 or 0. */
export type KeyValue = string | number | null

/** A name by which items are filtered, shown in a column, grouped and drawn. */
export interface QueryKey extends Readonly<z.infer<typeof queryKeyFacts>> {
  /** Other words for some values, as the window shows them: `evaluate` is shown as `Test`. A filter finds both. */
  readonly titles?: Readonly<Record<string, string>>
  /** Whether no item can have another value than `values`. */
  readonly isComplete?: boolean
}

/** Values of a flag, as they are written. */
export const flagValues = ['on', 'off'] as const

/** Offered values of a key, at most: a longer list is no help. */
const maxOffered = 100

/** Distinct values to offer, numbers in their order. */
export function offeredValues(values: readonly KeyValue[]): string[] {
  const present = [...new Set(values)].filter((value) => value !== null)
  const sorted = present.toSorted((a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)),
  )
  return sorted.slice(0, maxOffered).map(String)
}
