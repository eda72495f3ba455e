import { bindQuery, type Condition } from './bind.ts'
import type { QueryKey } from './key.ts'
import type { Query } from './query.ts'

/** Where the database has the values of a filter's keys. */
export interface Columns {
  /** SQL expression of a key: NULL without a value. Flags are 1 or 0, times ISO texts. */
  readonly sqlOf: (key: string) => string
  /** Whether the expression is a JSON array of texts. */
  readonly isList: (key: string) => boolean
  /** SQL expression of everything in which a word without a key is searched for. */
  readonly text: string
}

/** A condition for WHERE with its parameters in order. The text of a filter only ever reaches a parameter. */
export interface SqlCondition {
  readonly sql: string
  readonly parameters: readonly (string | number)[]
}

/**
 * Compiles a query to a condition that selects what `predicateOf` accepts. The database needs the functions `fold` and
 * `wildcard` of `fold.ts`.
 */
export function compileToSql(query: Query, keys: readonly QueryKey[], columns: Columns, now?: Date): SqlCondition {
  const parameters: (string | number)[] = []
  const bound = (value: string | number): string => {
    parameters.push(value)
    return '?'
  }
  const ofTexts = (key: string, test: (text: string) => string): string =>
    columns.isList(key)
      ? `EXISTS (SELECT 1 FROM json_each(${columns.sqlOf(key)}) AS element WHERE ${test('fold(element.value)')})`
      : test(`fold(${columns.sqlOf(key)})`)
  const compile = (condition: Condition): string => {
    switch (condition.kind) {
      case 'and':
      case 'or': {
        if (condition.of.length === 0) return condition.kind === 'and' ? 'TRUE' : 'FALSE'
        return `(${condition.of.map(compile).join(condition.kind === 'and' ? ' AND ' : ' OR ')})`
      }
      case 'not':
        return `NOT coalesce(${compile(condition.of)}, FALSE)`
      case 'anywhere':
        return condition.isPattern
          ? `wildcard(fold(${columns.text}), ${bound(condition.text)})`
          : `instr(fold(${columns.text}), ${bound(condition.text)}) > 0`
      case 'has': {
        const column = columns.sqlOf(condition.key)
        return columns.isList(condition.key) ? `json_array_length(${column}) > 0` : `(${column}) IS NOT NULL`
      }
      case 'number':
        return `(${columns.sqlOf(condition.key)}) ${condition.operator} ${bound(condition.value)}`
      case 'numbers':
        return `(${columns.sqlOf(condition.key)}) IN (${condition.values.map(bound).join(', ')})`
      case 'text':
        return ofTexts(condition.key, (text) => `${text} ${condition.operator} ${bound(condition.value)}`)
      case 'texts':
        return ofTexts(condition.key, (text) => `${text} IN (${condition.values.map(bound).join(', ')})`)
      case 'contains':
        return ofTexts(condition.key, (text) => `instr(${text}, ${bound(condition.text)}) > 0`)
      case 'wildcard':
        return ofTexts(condition.key, (text) => `wildcard(${text}, ${bound(condition.pattern)})`)
    }
  }
  return { sql: compile(bindQuery(query, keys, now)), parameters }
}
