import { fold } from './fold.ts'
import type { QueryKey } from './key.ts'
import { readFlag, readNumber, readTime } from './literal.ts'
import type { Operator, Query } from './query.ts'

/**
 * A query whose values are read as those of its keys. Conditions are evaluated in the window and compiled to SQL; both are over
 * the same conditions, so that they find the same items. Texts are folded.
 */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** A text occurs in any field, or a pattern matches a part of them. */
  | { readonly kind: 'anywhere'; readonly text: string; readonly isPattern: boolean }
  | { readonly kind: 'has'; readonly key: string }
  | { readonly kind: 'number'; readonly key: string; readonly operator: Operator; readonly value: number }
  | { readonly kind: 'numbers'; readonly key: string; readonly values: readonly number[] }
  /** Texts in the order of their code points. Times are ISO texts. */
  | { readonly kind: 'text'; readonly key: string; readonly operator: Operator; readonly value: string }
  /** One of the texts. */
  | { readonly kind: 'texts'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'contains'; readonly key: string; readonly text: string }
  | { readonly kind: 'wildcard'; readonly key: string; readonly pattern: string }

const everything: Condition = { kind: 'and', of: [] }
const never: Condition = { kind: 'or', of: [] }

/** Reads the values of a query. A value that its key does not accept, which `parseQuery` reports, matches nothing. */
export function bindQuery(query: Query, keys: readonly QueryKey[], now: Date = new Date()): Condition {
  const known = new Map(keys.map((key) => [key.key, key]))
  const bind = (part: Query): Condition => {
    switch (part.kind) {
      case 'and':
      case 'or':
        return { kind: part.kind, of: part.of.map(bind) }
      case 'not':
        return { kind: 'not', of: bind(part.of) }
      case 'text':
        return part.text === '' ? everything : { kind: 'anywhere', text: fold(part.text), isPattern: false }
      case 'wildcard': {
        const pattern = fold(part.pattern)
        if (part.key === null) return { kind: 'anywhere', text: `*${pattern}*`, isPattern: true }
        return known.has(part.key) ? { kind: 'wildcard', key: part.key, pattern } : never
      }
      case 'has':
        return known.has(part.key) ? { kind: 'has', key: part.key } : never
      case 'contains': {
        const key = known.get(part.key)
        if (part.text === '') return everything
        return key === undefined ? never : containing(key, fold(part.text))
      }
      case 'compare': {
        const key = known.get(part.key)
        return key === undefined ? never : comparing(key, part.operator, part.value, now)
      }
      case 'in': {
        const key = known.get(part.key)
        return key === undefined ? never : listing(key, part.values, now)
      }
    }
  }
  return bind(query)
}

/** A text that occurs in the value, or in the title under which the value is shown. */
function containing({ key, titles = {} }: QueryKey, text: string): Condition {
  const shown = Object.keys(titles).filter((value) => fold(titles[value] ?? '').includes(text))
  const own: Condition = { kind: 'contains', key, text }
  return shown.length === 0 ? own : { kind: 'or', of: [own, { kind: 'texts', key, values: shown.map(fold) }] }
}

function comparing(key: QueryKey, operator: Operator, value: string, now: Date): Condition {
  switch (key.kind) {
    case 'text':
      return operator === '=' || operator === '!='
        ? equal(operator, key.key, { kind: 'texts', key: key.key, values: withTitles(key, [value]) })
        : { kind: 'text', key: key.key, operator, value: fold(value) }
    case 'number': {
      const number = readNumber(value, key.unit)
      return number === undefined ? never : { kind: 'number', key: key.key, operator, value: number }
    }
    case 'flag': {
      const flag = readFlag(value)
      return flag === undefined ? never : { kind: 'number', key: key.key, operator, value: flag }
    }
    case 'time': {
      const range = readTime(value, now)
      if (range === undefined) return never
      const compared = (of: Operator, time: string): Condition => ({
        kind: 'text',
        key: key.key,
        operator: of,
        value: fold(time),
      })
      // A day is all of its moments: after it means after its end.
      if (operator === '>') return compared('>=', range.until)
      if (operator === '>=') return compared('>=', range.from)
      if (operator === '<') return compared('<', range.from)
      if (operator === '<=') return compared('<', range.until)
      return equal(operator, key.key, { kind: 'and', of: [compared('>=', range.from), compared('<', range.until)] })
    }
  }
}

/** The condition, or for `!=`: there is a value, and it does not meet the condition. */
const equal = (operator: '=' | '!=', key: string, condition: Condition): Condition =>
  operator === '='
    ? condition
    : {
        kind: 'and',
        of: [
          { kind: 'has', key },
          { kind: 'not', of: condition },
        ],
      }

function listing(key: QueryKey, values: readonly string[], now: Date): Condition {
  if (key.kind === 'text') return { kind: 'texts', key: key.key, values: withTitles(key, values) }
  if (key.kind === 'time') return { kind: 'or', of: values.map((value) => comparing(key, '=', value, now)) }
  const numbers = values.map((value) => (key.kind === 'flag' ? readFlag(value) : readNumber(value, key.unit)))
  return { kind: 'numbers', key: key.key, values: numbers.filter((number) => number !== undefined) }
}

/** Folded values, with those that are shown by one of these titles. */
function withTitles({ titles = {} }: QueryKey, values: readonly string[]): string[] {
  const sought = new Set(values.map(fold))
  const shown = Object.keys(titles).filter((value) => sought.has(fold(titles[value] ?? '')))
  return [...new Set([...sought, ...shown.map(fold)])]
}
