import { parseQuery } from './parse.ts'
import type { Operator, Query } from './query.ts'

/** What a filter can look into. */
export interface Fields<T> {
  /** Value of each key; null if an item has none. */
  readonly keys: Readonly<Record<string, (item: T) => string | number | null>>
  /** Everything in which a word without a key is searched for. */
  readonly text: (item: T) => string
}

/** The items that match a filter, in their order. Case does not matter. */
export function filterBy<T>(items: readonly T[], text: string, fields: Fields<T>): T[] {
  const { query } = parseQuery(text, Object.keys(fields.keys))
  return items.filter((item) => matches(query, item, fields))
}

/** Whether an item matches a filter. An item without a value for a key matches no comparison with it. */
export function matches<T>(query: Query, item: T, fields: Fields<T>): boolean {
  switch (query.kind) {
    case 'and':
      return query.of.every((part) => matches(part, item, fields))
    case 'or':
      return query.of.some((part) => matches(part, item, fields))
    case 'not':
      return !matches(query.of, item, fields)
    case 'text':
      return fields.text(item).toLowerCase().includes(query.text)
    case 'contains':
      return String(fields.keys[query.key]?.(item) ?? '')
        .toLowerCase()
        .includes(query.text)
    case 'compare': {
      const value = fields.keys[query.key]?.(item) ?? null
      return value !== null && compare(value, query.operator, query.value)
    }
  }
}

function compare(value: string | number, operator: Operator, other: string): boolean {
  const number = Number(other)
  const order =
    typeof value === 'number' && !Number.isNaN(number)
      ? Math.sign(value - number)
      : Math.sign(String(value).toLowerCase().localeCompare(other))
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '>=':
      return order >= 0
    case '>':
      return order > 0
  }
}
