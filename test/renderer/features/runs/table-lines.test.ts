import { expect, test } from 'vitest'
import { encodeMetric } from '#contract/domain/metric.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { runKeys, valueOf } from '#contract/query/run-keys.ts'
import {
  addressColumns,
  inSight,
  moved,
  movedTo,
  pinned,
  placed,
  replaced,
  resized,
  shown,
  spansOf,
} from '#renderer/features/runs/column-layout.ts'
import { columnsOf } from '#renderer/features/runs/columns.ts'
import { groupCell, groupMean } from '#renderer/features/runs/group-summary.ts'
import { addressSort, sortBy, toggledSort } from '#renderer/features/runs/sort-runs.ts'
import {
  addressClosed,
  addressGrouping,
  closeGroup,
  isClosed,
  type LineOptions,
  linesOf,
  runsBetween,
} from '#renderer/features/runs/table-lines.ts'
import { fakePipeline, fakeRun, falls } from '../../support/fake-data.ts'

const ascending = (key: string) => ({ key, isDescending: false })
const descending = (key: string) => ({ key, isDescending: true })

test('sorting puts missing values last and NaN before them, in both directions', () => {
  const items = [2, null, Number.NaN, -1, 10, null, Number.NaN].map((value, index) => ({ value, index }))
  const sorted = (isDescending: boolean) =>
    sortBy(items, [{ key: 'value', isDescending }], (_, item) => item.value).map(({ value }) => value)
  expect(sorted(false)).toEqual([-1, 2, 10, Number.NaN, Number.NaN, null, null])
  expect(sorted(true)).toEqual([10, 2, -1, Number.NaN, Number.NaN, null, null])
})

test('sorting by several keys orders text by its numbers, and keeps equal items in order', () => {
  const items = ['b 10', 'a 2', 'b 9', 'a 2'].map((name, index) => ({ name, index, letter: name[0]! }))
  const sorted = sortBy(items, [descending('letter'), ascending('name')], (key, item) =>
    key === 'letter' ? item.letter : item.name,
  )
  expect(sorted.map(({ index }) => index)).toEqual([2, 0, 1, 3])
})

test('a click sorts, sorts the other way, and ends the sort; Shift adds a key', () => {
  expect(toggledSort([], 'top1', false, true)).toEqual([descending('top1')])
  expect(toggledSort([descending('top1')], 'top1', false, true)).toEqual([ascending('top1')])
  expect(toggledSort([ascending('top1')], 'top1', false, true)).toEqual([])
  const two = toggledSort([descending('top1')], 'seed', true, false)
  expect(two).toEqual([descending('top1'), ascending('seed')])
  expect(toggledSort(two, 'top1', true, true)).toEqual([ascending('top1'), ascending('seed')])
  expect(toggledSort(two, 'loss', false, false)).toEqual([ascending('loss')])
})

test('columns keep their arrangement in the address', () => {
  const codec = addressColumns(['status', 'step'])
  const normal = codec.read(undefined)
  expect(codec.write(normal)).toBeUndefined()
  const arranged = resized(pinned(shown(normal, 'odd,~-name', true), 'step', true), 'odd,~-name', 123)
  const text = codec.write(arranged)!
  expect(text).toBe('step~p,status,odd%2C%7E-name~123')
  expect(codec.read(text)).toEqual(arranged)
  expect(codec.read(codec.write([])!)).toEqual([])
  // A damaged address shows what can be read of it.
  expect(codec.read('a~x,,a,b~p99999')).toEqual([placed('a'), { key: 'b', width: 900, isPinned: true }])
})

const names = (list: readonly { key: string }[]) => list.map(({ key }) => key).join('')
test('columns move among their kind, and a replaced column keeps its place', () => {
  const columns = pinned(['a', 'b', 'c', 'd'].map(placed), 'c', true)
  expect(names(columns)).toBe('cabd')
  expect(names(moved(columns, 'a', -1))).toBe('cabd')
  expect(names(moved(columns, 'c', 3))).toBe('cabd')
  expect(names(movedTo(columns, 'd', 'a'))).toBe('cdab')
  expect(names(replaced(columns, 'a', 'e'))).toBe('cebd')
  expect(names(replaced(columns, 'a', 'd'))).toBe('cdb')
})

test('columns share the room that is left, and only those in sight are drawn', () => {
  const spans = spansOf(
    [
      { width: 100, isFixed: true },
      { width: 100, isFixed: false },
      { width: 200, isFixed: false },
    ],
    700,
  )
  expect(spans).toEqual([
    { left: 0, width: 100 },
    { left: 100, width: 200 },
    { left: 300, width: 400 },
  ])
  expect(inSight(spans, 0, 300)).toEqual({ first: 0, last: 1 })
  expect(inSight(spans, 100, 301)).toEqual({ first: 1, last: 2 })
  expect(inSight([], 0, 300)).toEqual({ first: -1, last: -2 })
})

test('sort, grouping and closed groups are read back from the address', () => {
  const sort = [descending('test.top1'), ascending('-odd,key')]
  expect(addressSort.write(sort)).toBe('-test.top1,%2Dodd%2Ckey')
  expect(addressSort.read(addressSort.write(sort))).toEqual(sort)
  expect(addressGrouping.read(undefined)).toEqual(['pipeline'])
  for (const keys of [[], ['pipeline'], ['dataset', 'distill.maskRatio']])
    expect(addressGrouping.read(addressGrouping.write(keys))).toEqual(keys)
  const some = closeGroup(closeGroup(addressClosed.read(undefined), '["a,b"]', true), '["c"]', true)
  expect(addressClosed.read(addressClosed.write(some))).toEqual(some)
  const allButOne = closeGroup({ isAll: true, except: [] }, '["c"]', false)
  expect(addressClosed.read(addressClosed.write(allButOne))).toEqual(allButOne)
  expect(isClosed(allButOne, '["c"]')).toBe(false)
  expect(isClosed(allButOne, '["d"]')).toBe(true)
})

/** Fine-tunings with a mask ratio and a validation top-1. */
function experiment(): { runs: Run[]; options: (over?: Partial<LineOptions>) => LineOptions } {
  const facts: [ratio: number, top1: number | null][] = [
    [0.9, 60],
    [0.5, 50],
    [0.9, 62],
    [0.5, Number.NaN],
    [0.9, null],
  ]
  const pipelines = new Map<string, Pipeline>()
  const runs = facts.map(([ratio, top1], index) => {
    const pipeline = fakePipeline(`p${index}`, 'tiny', falls, 'folders', ['distill', 'finetune'], index)
    pipeline.configuration.distill = { ...pipeline.configuration.distill, maskRatio: ratio }
    pipelines.set(pipeline.id, pipeline)
    const run = fakeRun(pipeline, 'finetune', { status: 'finished' })
    const value = top1 === null ? null : encodeMetric(top1)
    run.summaries =
      value === null ? [] : [{ name: 'validation/top1', last: value, lastStep: 1, min: value, max: value, count: 1 }]
    return run
  })
  const read = (key: string, run: Run) => valueOf(key, run, pipelines.get(run.pipelineId))
  const columns = new Map(columnsOf(runKeys(runs, [...pipelines.values()]), read).map((column) => [column.key, column]))
  return {
    runs,
    options: (over = {}) => ({
      groupKeys: ['distill.maskRatio'],
      sort: [],
      closed: { isAll: false, except: [] },
      isFound: () => true,
      column: (key) => columns.get(key),
      valuesOf: read,
      ...over,
    }),
  }
}
const outline = (lines: ReturnType<typeof linesOf>) =>
  lines.map((line) => (line.kind === 'run' ? line.run.pipelineId : `${line.values.join()} ${line.all.length}`))

test('runs are grouped by a hyperparameter, and a heading keeps the truth under a filter', () => {
  const { runs, options } = experiment()
  expect(outline(linesOf(runs, options()))).toEqual(['0.5 2', 'p1', 'p3', '0.9 3', 'p0', 'p2', 'p4'])
  const filtered = linesOf(runs, options({ isFound: (run) => run.pipelineId === 'p2' }))
  expect(outline(filtered)).toEqual(['0.9 3', 'p2'])
  expect(filtered[0]).toMatchObject({ all: { length: 3 }, found: { length: 1 } })
  const closed = linesOf(runs, options({ closed: { isAll: true, except: [] } }))
  expect(outline(closed)).toEqual(['0.5 2', '0.9 3'])
})

test('groups are sorted by their mean, runs inside them by their value', () => {
  const { runs, options } = experiment()
  const sort = [descending('validation.top1')]
  expect(outline(linesOf(runs, options({ sort })))).toEqual(['0.9 3', 'p2', 'p0', 'p4', '0.5 2', 'p1', 'p3'])
  expect(outline(linesOf(runs, options({ sort, groupKeys: [] })))).toEqual(['p2', 'p0', 'p1', 'p3', 'p4'])
  expect(runsBetween(linesOf(runs, options({ sort })), 6, 2)).toEqual(
    ['p0', 'p4', 'p1', 'p3'].map((id) => `${id}-finetune`).map((id) => expect.stringContaining(id.slice(0, 2))),
  )
})

test('a heading shows mean and standard error, and says what the mean leaves out', () => {
  const { runs, options } = experiment()
  const column = options().column('validation.top1')!
  expect(column).toMatchObject({ title: 'Validation top-1', detail: 'best' })
  const [low, high] = [
    [1, 3],
    [0, 2, 4],
  ].map((indices) =>
    groupCell(
      column,
      indices.map((index) => runs[index]!),
    ),
  )
  expect(high).toMatchObject({ text: '61.0 % ± 1.0 %', nonFinite: 0, mean: 61 })
  expect(high!.note).toContain('Mean ± standard error of 2 runs.')
  expect(high!.note).toContain('1 run without a value is left out.')
  expect(low).toMatchObject({ text: '50.0 %', nonFinite: 1 })
  expect(groupMean(column, runs)).toBe(groupCell(column, runs).mean)
  expect(low!.note).toContain('1 value that is not finite is left out.')
  const ratio = options().column('distill.maskRatio')!
  expect(groupCell(ratio, runs)).toMatchObject({ text: '2 values', note: '0.9, 0.5.' })
  expect(groupCell(ratio, runs.slice(0, 1)).text).toBe('0.9')
})

test('losses of different stages are not averaged', () => {
  const { runs, options } = experiment()
  const [first, second] = runs
  const loss = { name: 'train/loss', last: 1, lastStep: 1, min: 1, max: 1, count: 1 }
  const mixed: Run[] = [
    { ...first!, summaries: [loss] },
    { ...second!, stage: 'distill', summaries: [{ ...loss, last: 3 }] },
  ]
  const column = columnsOf(runKeys(mixed, []), (key, run) => valueOf(key, run, undefined)).find(
    ({ key }) => key === 'train.loss',
  )!
  expect(groupCell(column, mixed)).toMatchObject({ text: '–', mean: null })
  expect(groupMean(column, mixed)).toBeNull()
  expect(groupMean(column, mixed.slice(0, 1))).toBe(1)
  expect(groupCell(column, mixed).note).toContain('Not averaged')
  expect(options().column('result')).toBeDefined()
})
