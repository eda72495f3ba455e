import Database from 'better-sqlite3'
import { describe, expect, it, test } from 'vitest'
import { type Fields, predicateOf, searchBy } from '#contract/query/evaluate.ts'
import { fold, matchesWildcard } from '#contract/query/fold.ts'
import type { QueryKey } from '#contract/query/key.ts'
import { parseQuery } from '#contract/query/parse.ts'
import { printQuery } from '#contract/query/query.ts'
import { compileToSql } from '#contract/query/sql.ts'

const key = (name: string, kind: QueryKey['kind'], more: Partial<QueryKey> = {}): QueryKey => ({
  key: name,
  label: name,
  kind,
  unit: '',
  group: '',
  help: '',
  values: [],
  ...more,
})
const items = [
  {
    name: 'Shapes-1',
    status: 'failed',
    top1: 40,
    tags: ['ablation'],
    seconds: 100,
    created: '2026-11-01T12:00:00.000Z',
    star: 1,
    stage: 'evaluate',
  },
  {
    name: 'shapes-2',
    status: 'finished',
    top1: 70,
    tags: ['ablation', 'big one'],
    seconds: 7300,
    created: '2026-11-15T12:00:00.000Z',
    star: 0,
    stage: 'distill',
  },
  {
    name: 'digits or letters',
    status: 'finished',
    top1: null,
    tags: [],
    seconds: null,
    created: null,
    star: 0,
    stage: 'finetune',
  },
  {
    name: 'NaN',
    status: 'running',
    top1: Number.NaN,
    tags: ['say "hi"'],
    seconds: 0,
    created: '2026-12-01T12:00:00.000Z',
    star: 0,
    stage: 'finetune',
  },
]
type Item = (typeof items)[number]
const keys = [
  key('name', 'text'),
  key('status', 'text', { values: ['failed', 'finished', 'running'], isComplete: true }),
  key('test.top1', 'number', { unit: '%' }),
  key('validation.top1', 'number', { unit: '%' }),
  key('tag', 'text'),
  key('duration', 'number', { unit: 's' }),
  key('created', 'time'),
  key('star', 'flag', { values: ['on', 'off'] }),
  key('stage', 'text', {
    values: ['distill', 'finetune', 'evaluate'],
    titles: { evaluate: 'Test', finetune: 'Fine-tuning' },
    isComplete: true,
  }),
]
const read: Record<string, (item: Item) => string | number | null | readonly string[]> = {
  name: (item) => item.name,
  status: (item) => item.status,
  'test.top1': (item) => item.top1,
  'validation.top1': () => null,
  tag: (item) => item.tags,
  duration: (item) => item.seconds,
  created: (item) => item.created,
  star: (item) => item.star,
  stage: (item) => item.stage,
}
const fields: Fields<Item> = {
  keys,
  valueOf: (name, item) => read[name]!(item),
  text: (item) => [item.name, item.status, ...item.tags].join(' '),
}
const columns = {
  sqlOf: (name: string) =>
    ({ 'test.top1': 'top1', 'validation.top1': 'NULL', tag: 'tags', duration: 'seconds' })[name] ?? name,
  isList: (name: string) => name === 'tag',
  text: `name || ' ' || status || ' ' || (SELECT coalesce(group_concat(value, ' '), '') FROM json_each(tags))`,
}

const database = new Database(':memory:')
database.function('fold', { deterministic: true }, (text) => (typeof text === 'string' ? fold(text) : null))
database.function('wildcard', { deterministic: true }, (text, pattern) =>
  typeof text === 'string' && typeof pattern === 'string' ? Number(matchesWildcard(text, pattern)) : null,
)
database.exec(
  'CREATE TABLE item (position INTEGER, name TEXT, status TEXT, top1 REAL, tags TEXT, seconds REAL, created TEXT, star INTEGER, stage TEXT)',
)
const insert = database.prepare('INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
for (const [index, { name, status, top1, tags, seconds, created, star, stage }] of items.entries())
  insert.run(index, name, status, Number.isNaN(top1) ? null : top1, JSON.stringify(tags), seconds, created, star, stage)

test.each([
  { query: '', found: [0, 1, 2, 3] },
  { query: 'shapes', found: [0, 1] },
  { query: 'SHAPES failed', found: [0] },
  { query: '-failed', found: [1, 2, 3] },
  { query: '-', found: [0, 1, 2, 3] },
  { query: 'or', found: [2] },
  { query: '"digits or"', found: [2] },
  { query: 'shapes*ablation', found: [0, 1] },
  { query: '"*"', found: [] },
  { query: 'status:fin', found: [1, 2] },
  { query: 'status:', found: [0, 1, 2, 3] },
  { query: '-status:failed shapes', found: [1] },
  { query: 'not status:failed and shapes', found: [1] },
  { query: 'status:failed or letters', found: [0, 2] },
  { query: 'test.top1 > 60', found: [1] },
  { query: 'TEST/TOP1 > 60 %', found: [1] },
  { query: 'test.top1<=40', found: [0] },
  { query: 'not test.top1 > 60', found: [0, 2, 3] },
  { query: 'test.top1 != 40', found: [1] },
  { query: 'test.top1:40', found: [0] },
  { query: 'test.top1 in (40, 70%)', found: [0, 1] },
  { query: 'status = finished', found: [1, 2] },
  { query: 'status == Finished', found: [1, 2] },
  { query: 'test.top1 > 60 and tag:ablation and not status:failed', found: [1] },
  { query: 'shapes status:failed or status:running', found: [0, 3] },
  { query: 'shapes (status:failed or status:running)', found: [0] },
  { query: 'not (status:failed or status:running)', found: [1, 2] },
  { query: '-(status:failed or "big one")', found: [2, 3] },
  { query: 'tag = ablation', found: [0, 1] },
  { query: 'tag = "big one"', found: [1] },
  { query: String.raw`tag:"say \"hi\""`, found: [3] },
  { query: 'tag != ablation', found: [3] },
  { query: 'not tag:ablation', found: [2, 3] },
  { query: 'tag in (ablation, other)', found: [0, 1] },
  { query: 'tag in (b*, other)', found: [1] },
  { query: 'status not in (failed, running)', found: [1, 2] },
  { query: 'name:shapes-*', found: [0, 1] },
  { query: 'name = *-2', found: [1] },
  { query: 'name != shapes*', found: [2, 3] },
  { query: 'name > n and name < shapes-2', found: [0, 3] },
  { query: 'has:test.top1', found: [0, 1] },
  { query: 'not has:created', found: [2] },
  { query: 'has:tag', found: [0, 1, 3] },
  { query: 'is:star', found: [0] },
  { query: 'star = off', found: [1, 2, 3] },
  { query: 'stage:test', found: [0] },
  { query: 'stage = Test', found: [0] },
  { query: 'stage in (test, fine-tuning)', found: [0, 2, 3] },
  { query: 'stage:tun', found: [2, 3] },
  { query: 'duration > 2h', found: [1] },
  { query: 'duration > 2 h', found: [1] },
  { query: 'duration < 1.5min', found: [3] },
  { query: 'duration >= 100', found: [0, 1] },
  { query: 'created > 2026-11-15', found: [3] },
  { query: 'created >= 2026-11-15', found: [1, 3] },
  { query: 'created < 2026-11-15', found: [0] },
  { query: 'created <= 2026-11', found: [0, 1] },
  { query: 'created = 2026-11', found: [0, 1] },
  { query: 'created != 2026-11', found: [3] },
  { query: 'created:2026-12-01', found: [3] },
  { query: 'colour:red', found: [] },
])('"$query" finds $found, in SQL as well, and survives printing', ({ query: text, found }) => {
  expect(searchBy(items, text, fields).found).toEqual(found.map((index) => items[index]))
  const { query } = parseQuery(text, keys)
  const { sql, parameters } = compileToSql(query, keys, columns)
  const rows = database.prepare(`SELECT position FROM item WHERE ${sql} ORDER BY position`).all(...parameters)
  expect(rows).toEqual(found.map((position) => ({ position })))
  expect(parseQuery(printQuery(query), keys).query).toEqual(query)
})

describe('problems', () => {
  it.each([
    ['statu:failed', 'There is no key statu. Did you mean status?'],
    ['top1 > 60', 'There is no key top1. Did you mean test.top1 or validation.top1?'],
    [
      'has:nothinglikeit',
      'There is no key nothinglikeit. Keys are name, status, test.top1, validation.top1, tag, duration, created, star and 1 more.',
    ],
    ['status:faild', 'No status is called faild. Did you mean failed? Its values are failed, finished, running.'],
    ['status = fin', 'No status is called fin. Its values are failed, finished, running.'],
    ['name:"a', 'A closing quote is missing.'],
    ['(a or b', 'A closing parenthesis is missing.'],
    ['tag in (a, b', 'A closing parenthesis is missing.'],
    ['a)', 'A closing parenthesis has no opening one.'],
    ['()', 'The parentheses are empty.'],
    ['tag in ()', 'The list of values of tag is empty.'],
    ['a or', 'A term is missing after or.'],
    ['a and', 'A term is missing after and.'],
    ['a not', 'A term is missing after not.'],
    ['duration >', 'A value is missing after duration >'],
    ['> 3', 'A key is missing before >'],
    ['duration > long', 'duration is a number, for example 90s, 30min or 2h. long is not one.'],
    ['test.top1 in (1, x)', 'test.top1 is a number, for example 10%. x is not one.'],
    [
      'created > 2026-02-31',
      'created is a time, for example 2026-11-01, 2026-11-01T10:30 or today. 2026-02-31 is not one.',
    ],
    ['star = maybe', 'star is on or off. maybe is neither.'],
    ['star > on', 'star is on or off, so it cannot be compared by >'],
    ['is:status', 'status is not a flag. Write has:status for the items that have a value.'],
    ['('.repeat(60), 'The filter nests 60 parentheses or negations; at most 50 are possible.'],
    ['a '.repeat(501), 'The filter has 501 words; at most 500 are possible.'],
  ])('%s', (text, problem) => expect(parseQuery(text, keys).problems).toContain(problem))

  it.each(['', 'a', '-', 'https://example.org/x', 'or', 'not', 'and', 'in', 'a, b', 'wow!', '"and"'])(
    'are none in "%s"',
    (text) => expect(parseQuery(text, keys).problems).toEqual([]),
  )
})

test('a filter is printed as it was written', () => {
  const text = 'test.top1 > 60 and duration <= 2h and tag:ablation and not (status:failed or name:shapes-*)'
  expect(printQuery(parseQuery(text, keys).query)).toBe(text)
})

const foundAtNoon = (text: string) =>
  items
    .filter(predicateOf(parseQuery(text, keys).query, fields, new Date('2026-11-16T12:00:00')))
    .map(({ name }) => name)

test('today and yesterday are days of the clock', () => {
  expect(foundAtNoon('created = yesterday')).toEqual(['shapes-2'])
  expect(foundAtNoon('created >= today')).toEqual(['NaN'])
})
