import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { type Fields, filterBy } from '#contract/query/evaluate.ts'
import { parseQuery } from '#contract/query/parse.ts'
import { printQuery } from '#contract/query/query.ts'
import { compileToSql } from '#contract/query/sql.ts'

const items = [
  { name: 'Shapes-1', status: 'failed', top1: 40, tag: 'ablation' },
  { name: 'shapes-2', status: 'finished', top1: 70, tag: 'ablation' },
  { name: 'digits or letters', status: 'finished', top1: null, tag: null },
]
type Item = (typeof items)[number]
const fields: Fields<Item> = {
  keys: { status: (item) => item.status, 'test.top1': (item) => item.top1, tag: (item) => item.tag },
  text: (item) => `${item.name} ${item.status} ${item.tag ?? ''}`,
}
const columns = {
  keys: { status: 'status', 'test.top1': 'top1', tag: 'tag' },
  text: `name || ' ' || status || ' ' || coalesce(tag, '')`,
}

const database = new Database(':memory:')
database.exec('CREATE TABLE item (position INTEGER, name TEXT, status TEXT, top1 REAL, tag TEXT)')
for (const [index, { name, status, top1, tag }] of items.entries())
  database.prepare('INSERT INTO item VALUES (?, ?, ?, ?, ?)').run(index, name, status, top1, tag)

test.each([
  { query: '', found: [0, 1, 2] },
  { query: 'shapes', found: [0, 1] },
  { query: 'SHAPES failed', found: [0] },
  { query: '-failed', found: [1, 2] },
  { query: '-', found: [0, 1, 2] },
  { query: 'status:fin', found: [1, 2] },
  { query: '-status:failed shapes', found: [1] },
  { query: 'not status:failed and shapes', found: [1] },
  { query: 'status:failed or letters', found: [0, 2] },
  { query: 'or', found: [2] },
  { query: 'test.top1 > 60', found: [1] },
  { query: 'test.top1<=40', found: [0] },
  { query: 'not test.top1 > 60', found: [0, 2] },
  { query: 'status = finished', found: [1, 2] },
  { query: 'test.top1 > 60 and tag:ablation and not status:failed', found: [1] },
  { query: 'colour:red', found: [] },
])('"$query" finds $found, in SQL as well, and survives printing', ({ query: text, found }) => {
  expect(filterBy(items, text, fields)).toEqual(found.map((index) => items[index]))
  const { query } = parseQuery(text, Object.keys(fields.keys))
  const { sql, parameters } = compileToSql(query, columns)
  const rows = database.prepare(`SELECT position FROM item WHERE ${sql} ORDER BY position`).all(...parameters)
  expect(rows).toEqual(found.map((position) => ({ position })))
  expect(parseQuery(printQuery(query), Object.keys(fields.keys)).query).toEqual(query)
})

test('an unknown key is named with the nearest one', () => {
  expect(parseQuery('statu:failed', ['status', 'stage']).problems).toEqual([
    'There is no key statu. Did you mean status? Keys are status, stage.',
  ])
})

test('the language of later filters fits the query', () => {
  const text = 'test.top1 > 60 and distill.maskRatio = 0.9 and tag:ablation and not status:failed'
  const keys = ['test.top1', 'distill.maskRatio', 'tag', 'status']
  const { query, problems } = parseQuery(text, keys)
  expect(problems).toEqual([])
  expect(printQuery(query)).toBe(text)
})
