import { bindQuery, type Condition } from './bind.ts'
import { compareTexts, fold, matchesWildcard } from './fold.ts'
import type { KeyValue, QueryKey } from './key.ts'
import { parseQuery } from './parse.ts'
import type { Operator, Query } from './query.ts'

/** What a filter can look into. */
export interface Fields<T> {
  readonly keys: readonly QueryKey[]
  /** Value of a key; some keys, such as tags, have any number of texts. */
  readonly valueOf: (key: string, item: T) => KeyValue | readonly string[]
  /** Everything in which a word without a key is searched for. */
  readonly text: (item: T) => string
}

/** The items that match a filter, in their order, with a sentence for everything that was not understood. */
export function searchBy<T>(
  items: readonly T[],
  text: string,
  fields: Fields<T>,
): { found: T[]; problems: readonly string[] } {
  const { query, problems } = parseQuery(text, fields.keys)
  return { found: items.filter(predicateOf(query, fields)), problems }
}

/**
 * Whether an item matches a query. An item without a value for a key, or with NaN, matches no comparison with it. Case does not
 * matter.
 */
export function predicateOf<T>(query: Query, fields: Fields<T>, now?: Date): (item: T) => boolean {
  const compile = (condition: Condition): ((item: T) => boolean) => {
    switch (condition.kind) {
      case 'and': {
        const parts = condition.of.map(compile)
        return (item) => parts.every((part) => part(item))
      }
      case 'or': {
        const parts = condition.of.map(compile)
        return (item) => parts.some((part) => part(item))
      }
      case 'not': {
        const part = compile(condition.of)
        return (item) => !part(item)
      }
      case 'anywhere': {
        const { text, isPattern } = condition
        return isPattern
          ? (item) => matchesWildcard(fold(fields.text(item)), text)
          : (item) => fold(fields.text(item)).includes(text)
      }
      case 'has':
        return (item) => {
          const value = fields.valueOf(condition.key, item)
          return typeof value === 'object' ? value !== null && value.length > 0 : !Number.isNaN(value)
        }
      case 'number':
      case 'numbers': {
        const test = numberTest(condition)
        return (item) => {
          const value = fields.valueOf(condition.key, item)
          return typeof value === 'number' && test(value)
        }
      }
      default: {
        const test = textTest(condition)
        return (item) => {
          const value = fields.valueOf(condition.key, item)
          if (typeof value === 'string') return test(fold(value))
          return typeof value === 'object' && value !== null && value.some((one) => test(fold(one)))
        }
      }
    }
  }
  return compile(bindQuery(query, fields.keys, now))
}

type Of<Kind extends Condition['kind']> = Extract<Condition, { kind: Kind }>

function numberTest(condition: Of<'number' | 'numbers'>): (value: number) => boolean {
  if (condition.kind === 'numbers') return (value) => condition.values.includes(value) && !Number.isNaN(value)
  const { operator, value: other } = condition
  // `!=` is true of NaN in JavaScript; the database has no value then.
  return (value) => !Number.isNaN(value) && holds(operator, value === other ? 0 : value < other ? -1 : 1)
}

function textTest(condition: Of<'text' | 'texts' | 'contains' | 'wildcard'>): (value: string) => boolean {
  switch (condition.kind) {
    case 'text':
      return (value) => holds(condition.operator, compareTexts(value, condition.value))
    case 'texts': {
      const values = new Set(condition.values)
      return (value) => values.has(value)
    }
    case 'contains':
      return (value) => value.includes(condition.text)
    case 'wildcard':
      return (value) => matchesWildcard(value, condition.pattern)
  }
}

/** Whether an operator accepts an order: negative, 0 or positive. */
function holds(operator: Operator, order: number): boolean {
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
