import type { Query } from './query.ts'

/** SQL expressions for the keys of a filter, and for everything that a word without a key is searched in. */
export interface Columns {
  readonly keys: Readonly<Record<string, string>>
  readonly text: string
}

/** A condition for WHERE with its parameters in order. The text of a filter only ever reaches a parameter. */
export interface Condition {
  readonly sql: string
  readonly parameters: readonly (string | number)[]
}

/** Compiles a filter to a condition that selects what `matches` accepts. */
export function compileToSql(query: Query, columns: Columns): Condition {
  switch (query.kind) {
    case 'and':
    case 'or': {
      if (query.of.length === 0) return { sql: query.kind === 'and' ? 'TRUE' : 'FALSE', parameters: [] }
      const parts = query.of.map((part) => compileToSql(part, columns))
      return {
        sql: `(${parts.map(({ sql }) => sql).join(query.kind === 'and' ? ' AND ' : ' OR ')})`,
        parameters: parts.flatMap(({ parameters }) => parameters),
      }
    }
    case 'not': {
      const { sql, parameters } = compileToSql(query.of, columns)
      return { sql: `NOT coalesce(${sql}, FALSE)`, parameters }
    }
    case 'text':
      return { sql: `instr(lower(${columns.text}), ?) > 0`, parameters: [query.text] }
    case 'contains':
      return { sql: `instr(lower(coalesce(${columns.keys[query.key] ?? "''"}, '')), ?) > 0`, parameters: [query.text] }
    case 'compare': {
      const column = columns.keys[query.key] ?? 'NULL'
      const number = Number(query.value)
      return Number.isNaN(number)
        ? { sql: `lower(${column}) ${query.operator} ?`, parameters: [query.value] }
        : { sql: `${column} ${query.operator} ?`, parameters: [number] }
    }
  }
}
