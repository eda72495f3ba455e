import type { KeyValue } from '#contract/query/key.ts'
import type { AddressCodec } from '../../ui/address.ts'

/** A column by which runs are sorted. */
export interface SortKey {
  readonly key: string
  readonly isDescending: boolean
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/**
 * Items sorted by several keys, the first one first; equal ones keep their order. In both directions, items without a value are
 * last, and NaN stands before them, after every number.
 */
export function sortBy<Item>(
  items: readonly Item[],
  sort: readonly SortKey[],
  read: (key: string, item: Item) => KeyValue,
): Item[] {
  if (sort.length === 0) return [...items]
  const keyed = items.map((item) => ({ item, values: sort.map(({ key }) => read(key, item)) }))
  return keyed
    .toSorted((a, b) => {
      for (const [index, { isDescending }] of sort.entries()) {
        const order = compareValues(a.values[index] ?? null, b.values[index] ?? null, isDescending)
        if (order !== 0) return order
      }
      return 0
    })
    .map(({ item }) => item)
}

function compareValues(a: KeyValue, b: KeyValue, isDescending: boolean): number {
  const [rankA, rankB] = [rankOf(a), rankOf(b)]
  if (rankA !== rankB || rankA > 0) return rankA - rankB
  const order =
    typeof a === 'number' && typeof b === 'number' ? Math.sign(a - b) || 0 : collator.compare(String(a), String(b))
  return isDescending ? -order : order
}

const rankOf = (value: KeyValue): number => (value === null ? 2 : Number.isNaN(value) ? 1 : 0)

/**
 * The sort after a click on a header: ascending, then descending, then not sorted by it. Results start with the better end.
 * @param isAdded whether the key is added to the others, as with the Shift key
 */
export function toggledSort(
  sort: readonly SortKey[],
  key: string,
  isAdded: boolean,
  startsDescending: boolean,
): readonly SortKey[] {
  const current = sort.find((each) => each.key === key)
  const next =
    current === undefined
      ? { key, isDescending: startsDescending }
      : current.isDescending === startsDescending
        ? { key, isDescending: !startsDescending }
        : undefined
  if (!isAdded) return next === undefined ? [] : [next]
  if (current === undefined) return next === undefined ? sort : [...sort, next]
  return sort.flatMap((each) => (each.key === key ? (next === undefined ? [] : [next]) : [each]))
}

/** Escapes the separators of a list in an address. */
export const escapeKey = (key: string): string => key.replaceAll(/[%,~]|^-/g, (sign) => `%${hex(sign)}`)
const hex = (sign: string): string => sign.charCodeAt(0).toString(16).toUpperCase()
export function unescapeKey(text: string): string {
  return text.replaceAll(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
}

/** The sort of a table in an address: `-test.top1,distill.maskRatio`, descending ones with a minus. */
export const addressSort: AddressCodec<readonly SortKey[]> = {
  read(text) {
    const keys = (text ?? '').split(',').flatMap((part) => {
      const isDescending = part.startsWith('-')
      const key = unescapeKey(isDescending ? part.slice(1) : part)
      return key === '' ? [] : [{ key, isDescending }]
    })
    return keys.filter(({ key }, index) => keys.findIndex((other) => other.key === key) === index)
  },
  write: (sort) =>
    sort.length === 0
      ? undefined
      : sort.map(({ key, isDescending }) => `${isDescending ? '-' : ''}${escapeKey(key)}`).join(','),
}
