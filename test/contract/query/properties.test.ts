import Database from 'better-sqlite3'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Fields, predicateOf } from '#contract/query/evaluate.ts'
import { compareTexts, fold, matchesWildcard } from '#contract/query/fold.ts'
import type { KeyValue, QueryKey } from '#contract/query/key.ts'
import { parseQuery } from '#contract/query/parse.ts'
import { operators, printQuery, type Query } from '#contract/query/query.ts'
import { compileToSql } from '#contract/query/sql.ts'

const common = { label: '', group: '', help: '', values: [] }
const keys: QueryKey[] = [
  { ...common, key: 'name', kind: 'text', unit: '' },
  { ...common, key: 'tag', kind: 'text', unit: '' },
  { ...common, key: 'my metric', kind: 'number', unit: '' },
  { ...common, key: 'duration', kind: 'number', unit: 's' },
  { ...common, key: 'created', kind: 'time', unit: '' },
  { ...common, key: 'star', kind: 'flag', unit: '' },
]

const letters = fc.constantFrom(
  'a',
  'B',
  'é',
  'İ',
  '𝒳',
  '\uffee',
  ' ',
  '"',
  '\\',
  '(',
  ')',
  ',',
  ':',
  '=',
  '<',
  '!',
  '-',
  '*',
  '%',
  '_',
  "'",
  '.',
)
const text = fc.oneof(
  fc.string({ unit: letters, maxLength: 6 }),
  fc.constantFrom('and', 'or', 'not', 'in', 'has', 'OR', '//x', 'name', 'tag:x', 'ab', 'A', '2 h'),
)
const someText = text.filter((value) => value !== '')
/** Of characters that a word without quotes can have. */
const pattern = fc
  .array(fc.constantFrom('a', 'b', 'é', '*', '.', '%', '_'), { minLength: 1, maxLength: 5 })
  .map((characters) => characters.join(''))
  .filter((value) => value.includes('*'))
const number = fc.constantFrom('0', '1', '-1.5', '2e3', 'inf', '-inf', '7', '0.1')
const valueOf: Record<QueryKey['kind'], fc.Arbitrary<string>> = {
  text,
  number,
  time: fc.constantFrom('2026', '2026-11', '2026-11-01', '2026-11-01T10:30', '2026-11-01 10:30:15'),
  flag: fc.constantFrom('on', 'off', 'true', '0'),
}
const keyOf = fc.constantFrom(...keys)
const textKey = fc.constantFrom(...keys.filter(({ kind }) => kind === 'text'))

const leaf: fc.Arbitrary<Query> = fc.oneof(
  someText.map((value): Query => ({ kind: 'text', text: value })),
  pattern.map((value): Query => ({ kind: 'wildcard', key: null, pattern: value })),
  fc.tuple(textKey, pattern).map(([{ key }, value]): Query => ({ kind: 'wildcard', key, pattern: value })),
  fc.tuple(textKey, text).map(([{ key }, value]): Query => ({ kind: 'contains', key, text: value })),
  keyOf.map(({ key }): Query => ({ kind: 'has', key })),
  keyOf.chain(({ key, kind }) =>
    fc
      .tuple(
        fc.constantFrom(
          ...operators.filter((operator) => kind !== 'flag' || (operator.endsWith('=') && !/[<>]/.test(operator))),
        ),
        valueOf[kind],
      )
      .map(([operator, value]): Query => ({ kind: 'compare', key, operator, value })),
  ),
  keyOf.chain(({ key, kind }) =>
    fc.array(valueOf[kind], { minLength: 1, maxLength: 4 }).map((values): Query => ({ kind: 'in', key, values })),
  ),
)

/** Queries as the parser returns them: without nesting that changes nothing. */
const query: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => {
  const joined = (kind: 'and' | 'or') =>
    fc
      .array(tie('query'), { minLength: 2, maxLength: 3 })
      .filter((parts) => parts.every((part) => part.kind !== kind))
      .map((of): Query => ({ kind, of }))
  return {
    query: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'query' },
      leaf,
      joined('and'),
      joined('or'),
      tie('query').map((of): Query => ({ kind: 'not', of })),
    ),
  }
}).query

test('a printed query parses to the same query', () =>
  fc.assert(
    fc.property(query, (asked) => {
      const parsed = parseQuery(printQuery(asked), keys)
      expect(parsed.query).toEqual(asked)
      expect(parsed.problems).toEqual([])
    }),
    { numRuns: 500 },
  ))

test('every text is a filter, and what it means survives printing', () =>
  fc.assert(
    fc.property(
      fc.array(fc.oneof(text, fc.constantFrom('(', ')', '"', ':', '>', ' in (', 'name:', 'duration >')), {
        maxLength: 8,
      }),
      (parts) => {
        const parsed = parseQuery(parts.join(' '), keys)
        expect(parseQuery(printQuery(parsed.query), keys).query).toEqual(parsed.query)
      },
    ),
    { numRuns: 500 },
  ))

interface Row {
  name: string | null
  tags: readonly string[]
  metric: number | null
  duration: number | null
  created: string | null
  star: number | null
}
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null })
const row: fc.Arbitrary<Row> = fc.record({
  name: optional(text),
  tags: fc.array(text, { maxLength: 3 }),
  metric: optional(fc.constantFrom(0, 1, -1.5, 2000, Infinity, -Infinity, Number.NaN, 0.1)),
  duration: optional(fc.constantFrom(0, 7, 7000, Number.NaN)),
  created: optional(
    fc.constantFrom('2026-11-01T10:30:15.000Z', '2026-10-31T23:59:59.999Z', '2025-01-01T00:00:00.000Z'),
  ),
  star: optional(fc.constantFrom(0, 1)),
})
const read: Record<string, (of: Row) => KeyValue | readonly string[]> = {
  name: (of) => of.name,
  tag: (of) => of.tags,
  'my metric': (of) => of.metric,
  duration: (of) => of.duration,
  created: (of) => of.created,
  star: (of) => of.star,
}
const fields: Fields<Row> = {
  keys,
  valueOf: (key, of) => read[key]!(of),
  text: (of) => `${of.name ?? ''} ${of.created ?? ''}`,
}
const columns = {
  sqlOf: (key: string) => ({ 'my metric': 'metric', tag: 'tags' })[key] ?? key,
  isList: (key: string) => key === 'tag',
  text: `coalesce(name, '') || ' ' || coalesce(created, '')`,
}

const stored = (value: number | null) => (Number.isNaN(value) ? null : value)

test('SQL finds the rows that the window finds, missing values and NaN included', () => {
  const database = new Database(':memory:')
  database.function('fold', { deterministic: true }, (value) => (typeof value === 'string' ? fold(value) : null))
  database.function('wildcard', { deterministic: true }, (value, sought) =>
    typeof value === 'string' && typeof sought === 'string' ? Number(matchesWildcard(value, sought)) : null,
  )
  database.exec(
    'CREATE TABLE item (position INTEGER, name TEXT, tags TEXT, metric REAL, duration REAL, created TEXT, star INTEGER)',
  )
  const clear = database.prepare('DELETE FROM item')
  const insert = database.prepare('INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)')
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), fc.array(query, { minLength: 1, maxLength: 5 }), (rows, queries) => {
      clear.run()
      for (const [position, { name, tags, metric, duration, created, star }] of rows.entries())
        insert.run(position, name, JSON.stringify(tags), stored(metric), stored(duration), created, star)
      for (const asked of queries) {
        const expected = [...rows.keys()].filter((position) => predicateOf(asked, fields)(rows[position]!))
        const { sql, parameters } = compileToSql(asked, keys, columns)
        const found = database
          .prepare(`SELECT position FROM item WHERE ${sql} ORDER BY position`)
          .pluck()
          .all(...parameters)
        expect(found).toEqual(expected)
      }
    }),
    { numRuns: 300 },
  )
  database.close()
})

test('texts have the order of the database', () => {
  const database = new Database(':memory:')
  const order = database.prepare('SELECT (? > ?) - (? < ?) AS sign').pluck()
  fc.assert(
    fc.property(fc.string({ unit: letters }), fc.string({ unit: letters }), (a, b) => {
      expect(Math.sign(compareTexts(a, b))).toBe(order.get(a, b, a, b))
    }),
  )
  database.close()
})
