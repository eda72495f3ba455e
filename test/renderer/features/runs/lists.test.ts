import { describe, expect, it } from 'vitest'
import { filterLog } from '#contract/domain/log-filter.ts'
import { canResume, canStop } from '#contract/domain/run-state.ts'
import type { LogLine, Run, RunStatus } from '#contract/domain/run.ts'
import { searchKeys } from '#contract/query/run-search.ts'
import type { Stage } from '#contract/stages/index.ts'
import { joinLog, maxLines } from '#renderer/features/runs/log.ts'
import { moveCursor, toggled } from '#renderer/ui/row-keys.ts'
import { filterRuns } from '#renderer/ui/run/filter.ts'
import {
  headlineOf,
  progressOf,
  statusLook,
  throughputNote,
  throughputOf,
  waitingFor,
} from '#renderer/ui/run/status.ts'
import { allStages, fakePipeline, fakeRun, falls } from '../../support/fake-data.ts'

const launched = fakePipeline('a', 'tiny', falls, 'class', allStages, 0)
const entry = (id: string, stage: Stage, status: RunStatus, preset = 'tiny'): Run => ({
  ...fakeRun(launched, stage, {}),
  id,
  pipelineId: id.split('.')[0] ?? id,
  stage,
  status,
  dataset: 'falls',
  labels: 'class',
  preset,
})
const list = [
  entry('a.image-teacher', 'image-teacher', 'finished'),
  entry('a.distill', 'distill', 'failed'),
  entry('b.finetune', 'finetune', 'running', 'small'),
]

describe('filterRuns', () => {
  it.each([
    { query: '', ids: ['a.image-teacher', 'a.distill', 'b.finetune'] },
    { query: '  FALLS ', ids: ['a.image-teacher', 'a.distill', 'b.finetune'] },
    { query: 'status:failed', ids: ['a.distill'] },
    { query: 'stage:fine-tuning', ids: ['b.finetune'] },
    { query: 'pipeline:a -status:failed', ids: ['a.image-teacher'] },
    { query: '-teacher', ids: ['a.distill', 'b.finetune'] },
    { query: 'preset:small status:failed', ids: [] },
    { query: 'unknown:word', ids: [] },
    { query: '-', ids: ['a.image-teacher', 'a.distill', 'b.finetune'] },
  ])('"$query" finds $ids', ({ query, ids }) =>
    expect(filterRuns(list, query, [], searchKeys(list, [])).map((run) => run.id)).toEqual(ids),
  )
})

describe('the keyboard', () => {
  it.each([
    ['ArrowDown', 0, 3, 1],
    ['ArrowDown', 2, 3, 2],
    ['ArrowUp', 0, 3, 0],
    ['PageDown', 1, 30, 11],
    ['PageUp', 4, 30, 0],
    ['End', 0, 3, 2],
    ['Home', 2, 3, 0],
    ['x', 1, 3, undefined],
    ['ArrowDown', 0, 0, undefined],
  ])('%s at %i of %i goes to %s', (key, index, count, expected) => expect(moveCursor(key, index, count)).toBe(expected))
  it('toggles the selection', () => {
    const one = toggled(new Set(), 'a')
    expect([...one]).toEqual(['a'])
    expect([...toggled(one, 'a')]).toEqual([])
    expect([...one]).toEqual(['a'])
  })
})

const line = (at: number, message = `line ${at}`, level: LogLine['level'] = 'info'): LogLine => ({
  at: `t${at}`,
  level,
  message,
})

describe('joinLog', () => {
  it.each([
    { name: 'nothing in common', snapshot: [1, 2], arrived: [3, 4], expected: [1, 2, 3, 4] },
    { name: 'all arrivals already there', snapshot: [1, 2, 3], arrived: [2, 3], expected: [1, 2, 3] },
    { name: 'some arrivals already there', snapshot: [1, 2, 3], arrived: [3, 4], expected: [1, 2, 3, 4] },
    { name: 'an empty snapshot', snapshot: [], arrived: [1], expected: [1] },
    { name: 'no arrivals', snapshot: [1], arrived: [], expected: [1] },
    { name: 'repeated lines', snapshot: [1, 1], arrived: [1, 1, 1], expected: [1, 1, 1] },
  ])('$name', ({ snapshot, arrived, expected }) => {
    expect(
      joinLog(
        snapshot.map((at) => line(at)),
        arrived.map((at) => line(at)),
      ),
    ).toEqual(expected.map((at) => line(at)))
  })
  it('keeps the newest lines', () => {
    const joined = joinLog(
      Array.from({ length: maxLines }, (_, at) => line(at)),
      [line(maxLines)],
    )
    expect([joined.length, joined[0]?.at, joined.at(-1)?.at]).toEqual([maxLines, 't1', `t${maxLines}`])
  })
})

it.each([
  { filter: { level: 'all' as const, search: '' }, expected: [1, 2, 3] },
  { filter: { level: 'warning' as const, search: '' }, expected: [2, 3] },
  { filter: { level: 'error' as const, search: '' }, expected: [3] },
  { filter: { level: 'all' as const, search: ' SLOW ' }, expected: [2] },
])('filterLog with $filter', ({ filter, expected }) => {
  const lines = [line(1), line(2, 'slow disk', 'warning'), line(3, 'no memory', 'error')]
  expect(filterLog(lines, filter).map(({ at }) => Number(at.slice(1)))).toEqual(expected)
})

const summary = (name: 'train/loss' | 'train/top1', last: number) => ({
  name,
  last,
  lastStep: 1,
  min: last,
  max: last,
  count: 1,
})

describe('status of a run', () => {
  it.each<[RunStatus, boolean, boolean, boolean]>([
    ['queued', false, true, false],
    ['running', false, true, false],
    ['running', true, false, false],
    ['stopped', false, false, true],
    ['failed', false, false, true],
    ['interrupted', false, false, true],
    ['finished', false, false, false],
  ])('%s (stopping: %s): stop %s, resume %s', (status, isStopping, stop, resume) =>
    expect([canStop({ status }) && !isStopping, canResume({ status, isStopping })]).toEqual([stop, resume]),
  )

  it('is labelled while stopping', () =>
    expect(statusLook({ status: 'running', isStopping: true }).label).toBe('Stopping'))

  it.each([
    [{ step: 5, totalSteps: 20 }, 0.25],
    [{ step: 30, totalSteps: 20 }, 1],
    [{ step: 5, totalSteps: null }, null],
    [{ step: 0, totalSteps: 0 }, null],
  ])('progress of %o is %s', (run, expected) => expect(progressOf(run)).toBe(expected))

  it('lists the runs that a queued run waits for, with their state', () => {
    const others: Record<string, Pick<Run, 'stage' | 'status'>> = {
      a: { stage: 'image-teacher', status: 'running' },
      b: { stage: 'video-teacher', status: 'failed' },
    }
    expect(waitingFor({ waitsFor: ['a', 'b'] }, (id) => others[id])).toBe(
      'Waiting for Image teacher and Video teacher (failed)',
    )
    expect(waitingFor({ waitsFor: [] }, () => undefined)).toBe('Next in the queue')
    const waitsForCards = 'Waits for a graphics card: card 0 is in use by the run p.distill.'
    expect(waitingFor({ waitsFor: [], waitsForCards }, () => undefined)).toBe(waitsForCards)
  })

  it('has the first recorded headline metric of the stage', () => {
    expect(
      headlineOf({ stage: 'finetune', result: null, summaries: [summary('train/loss', 2), summary('train/top1', 40)] }),
    ).toEqual({ name: 'train/top1', value: 40 })
    expect(headlineOf({ stage: 'evaluate', result: null, summaries: [summary('train/loss', 2)] })).toBeNull()
    expect(
      headlineOf({
        stage: 'evaluate',
        result: {
          task: 'classification',
          top1: 0.5,
          top5: 1,
          videos: 2,
          views: 1,
          classes: ['a', 'b'],
          confusion: [
            [1, 0],
            [1, 0],
          ],
        },
        summaries: [],
      }),
    ).toEqual({ name: 'test/top1', value: 50 })
  })
})

describe('throughput', () => {
  const run = {
    status: 'finished',
    clipsPerSecond: null,
    step: 4,
    effectiveBatchSize: 8,
    durationMs: 2000,
    result: null,
    startedAt: 't1',
  } as const
  const result = {
    task: 'classification' as const,
    top1: 1,
    top5: 1,
    videos: 4,
    views: 24,
    classes: ['a'],
    confusion: [[4]],
  }
  it.each([
    ['as measured', { clipsPerSecond: 30 }, { value: 30, isMeasured: true }],
    ['of a finished run that was too short to measure', {}, { value: 16, isMeasured: false }],
    ['of a test by its views', { result }, { value: 12, isMeasured: false }],
    ['of a run before its first measurement', { status: 'running' as const }, null],
    ['of a run that took no time', { durationMs: 0 }, null],
  ])('%s', (_, change, expected) => expect(throughputOf({ ...run, ...change })).toEqual(expected))
  it.each([
    [run, null, 'Not measured yet.'],
    [{ startedAt: null }, null, ''],
    [run, { value: 1, isMeasured: true }, ''],
    [
      run,
      { value: 1, isMeasured: false },
      'Mean over the whole run including startup, because the run ended before the first measurement.',
    ],
  ])('has a tooltip if needed (%#)', (of, throughput, note) => expect(throughputNote(of, throughput)).toBe(note))
})
