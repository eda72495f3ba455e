import { stripVTControlCharacters } from 'node:util'
import { createRouterClient, implement } from '@orpc/server'
import { describe, expect, test } from 'vitest'
import { contract, type RunsEvent } from '#contract/api/contract.ts'
import { unorganized } from '#contract/domain/organization.ts'
import type { Run } from '#contract/domain/run.ts'
import { followRuns, progressOf } from '#main/shells/cli/follow.ts'
import { plainLines, type ProgressItem } from '#main/shells/cli/progress.ts'
import { failureOf, reportOf, reportTable, resumeHint } from '#main/shells/cli/report.ts'
import { isSettled } from '#main/shells/local/open-work.ts'

function runOf(id: string, change: Partial<Run> = {}): Run {
  return {
    id,
    pipelineId: id.split('.')[0]!,
    stage: id.split('.')[1] as Run['stage'],
    dataset: 'falls',
    labels: null,
    preset: 'tiny',
    status: 'queued',
    isStopping: false,
    waitsFor: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    endedAt: null,
    attempt: 1,
    step: 0,
    totalSteps: null,
    epochs: null,
    effectiveBatchSize: null,
    engine: null,
    parameters: null,
    clipsPerSecond: null,
    remainingMs: null,
    durationMs: 0,
    checkpointCount: 0,
    summaries: [],
    result: null,
    error: null,
    organization: unorganized,
    ...change,
  }
}
const loss = (last: number | 'NaN') => [
  { name: 'train/loss' as const, last, lastStep: 1, min: last, max: last, count: 1 },
]
const known = (...runs: Run[]) => new Map(runs.map((run) => [run.id, run]))

test.each<[string, boolean, Run[]]>([
  ['nothing is followed', true, []],
  ['all finished', true, [runOf('a.distill', { status: 'finished' }), runOf('a.finetune', { status: 'finished' })]],
  ['one computes', false, [runOf('a.distill', { status: 'running' })]],
  ['one may start', false, [runOf('a.distill', { status: 'queued' })]],
  [
    'one waits for one that computes',
    false,
    [runOf('a.distill', { status: 'running' }), runOf('a.finetune', { waitsFor: ['a.distill'] })],
  ],
  ['one waits for one that may start', false, [runOf('a.distill'), runOf('a.finetune', { waitsFor: ['a.distill'] })]],
  [
    'one waits for one that failed',
    true,
    [runOf('a.distill', { status: 'failed' }), runOf('a.finetune', { waitsFor: ['a.distill'] })],
  ],
  [
    'one waits for one that waits for one that was stopped',
    true,
    [
      runOf('a.distill', { status: 'stopped' }),
      runOf('a.finetune', { waitsFor: ['a.distill'] }),
      runOf('a.evaluate', { waitsFor: ['a.finetune'] }),
    ],
  ],
  [
    'one of two inputs failed, but another run may start',
    false,
    [
      runOf('a.image-teacher', { status: 'failed' }),
      runOf('a.video-teacher'),
      runOf('a.distill', { waitsFor: ['a.image-teacher', 'a.video-teacher'] }),
    ],
  ],
])('where %s, settled is %s', (_name, expected, runs) => {
  expect(isSettled(runs, known(...runs))).toBe(expected)
})

test('a followed run that waits for one that is not followed is settled when that one ended', () => {
  const waiting = runOf('a.distill', { waitsFor: ['a.video-teacher'] })
  expect(isSettled([waiting], known(waiting, runOf('a.video-teacher', { status: 'stopped' })))).toBe(true)
  expect(isSettled([waiting], known(waiting, runOf('a.video-teacher', { status: 'running' })))).toBe(false)
})

test.each<[Partial<Run>, Partial<ProgressItem>]>([
  [{}, { done: 0, total: null, detail: 'waiting', isMoving: false }],
  [{ waitsForCards: 'Waits for a graphics card.' }, { detail: 'Waits for a graphics card.' }],
  [{ status: 'running' }, { detail: 'starting', isMoving: false }],
  [
    {
      status: 'running',
      step: 40,
      totalSteps: 100,
      summaries: loss(0.61237),
      clipsPerSecond: 12.34,
      remainingMs: 65_000,
    },
    { done: 40, total: 100, detail: 'loss 0.6124 · 12.3 clips/s · 1 min 5 s left', isMoving: true },
  ],
  [{ status: 'running', isStopping: true, summaries: loss('NaN') }, { detail: 'loss NaN · stopping' }],
  [
    { status: 'finished', summaries: loss(0.5), durationMs: 12_000 },
    { detail: 'loss 0.5 · done in 12 s', isMoving: false },
  ],
  [
    {
      status: 'finished',
      durationMs: 900,
      result: { task: 'classification', top1: 0.75, top5: 1, videos: 4, views: 2, classes: ['a', 'b'], confusion: [] },
    },
    { detail: 'top-1 75.0 % · done in 900 ms' },
  ],
  [{ status: 'interrupted' }, { detail: 'interrupted', isMoving: false }],
])('%o is shown as %o', (change, expected) => {
  expect(progressOf(runOf('a.distill', change), 'Distillation')).toMatchObject({
    id: 'a.distill',
    title: 'Distillation',
    ...expected,
  })
})

const item = (change: Partial<ProgressItem>): ProgressItem => ({
  id: 'a',
  title: 'Distillation',
  done: 0,
  total: 9,
  detail: '',
  isMoving: true,
  ...change,
})

describe('plain lines', () => {
  test('come every five seconds while something moves, and at once when it changes its state', () => {
    const lines: string[] = []
    let nowMs = 0
    const display = plainLines(
      (line) => lines.push(`${nowMs / 1000} s: ${line}`),
      () => nowMs,
    )
    display.update([item({ isMoving: false, total: null, detail: 'waiting' })])
    for (nowMs = 1000; nowMs <= 12_000; nowMs += 1000)
      display.update([item({ done: nowMs / 1000, total: 20, detail: 'loss 1' })])
    display.update([item({ done: 20, total: 20, detail: 'done', isMoving: false })])
    display.update([item({ done: 20, total: 20, detail: 'done', isMoving: false })])
    display.close()
    expect(lines).toEqual([
      '0 s: Distillation  waiting',
      '1 s: Distillation  1/20  loss 1',
      '6 s: Distillation  6/20  loss 1',
      '11 s: Distillation  11/20  loss 1',
      '13 s: Distillation  20/20  done',
    ])
  })
})

describe('what runs came to', () => {
  const runs = [
    runOf('a.video-teacher', { status: 'finished', summaries: loss(0.25), durationMs: 61_000, clipsPerSecond: 8 }),
    runOf('a.distill', { status: 'stopped', summaries: loss(0.5), durationMs: 2000 }),
    runOf('a.finetune', { waitsFor: ['a.distill'] }),
  ]

  test('is a table', () => {
    expect(reportTable(runs.map(reportOf))).toMatchInlineSnapshot(`
      "┌─────────────────┬───────────────┬──────────┬────────────┬───────────┬──────────────┬───────┐
      │ Run             │ Stage         │ Status   │ Final loss │  Duration │   Throughput │ Top-1 │
      │ a.video-teacher │ Video teacher │ finished │       0.25 │ 1 min 1 s │ 8.00 clips/s │     – │
      │ a.distill       │ Distillation  │ stopped  │        0.5 │     2.0 s │            – │     – │
      │ a.finetune      │ Fine-tuning   │ queued   │          – │      0 ms │            – │     – │
      └─────────────────┴───────────────┴──────────┴────────────┴───────────┴──────────────┴───────┘"
    `)
  })

  test('has a top-5 if a test had six classes, and notes on classes without videos below it', () => {
    const classes = ['a', 'b', 'c', 'd', 'e', 'f']
    const tested = runOf('a.evaluate', {
      status: 'finished',
      result: {
        task: 'classification',
        top1: 0.5,
        top5: 1,
        videos: 2,
        views: 2,
        classes,
        confusion: classes.map((_, row) => classes.map((_, column) => (column === 0 && row < 2 ? 1 : 0))),
        trainingVideos: [1, 0, 1, 1, 1, 1],
      },
    })
    const report = reportOf(tested)
    expect(report).toMatchObject({ top1: 0.5, top5: 1, trainedTop1: 1 })
    const lines = reportTable([report]).split('\n')
    expect(stripVTControlCharacters(lines[1] ?? '')).toMatch(/Top-1 │ +Top-5 │$/)
    expect(lines.slice(-2)).toEqual([
      'a.evaluate: The class b had no training videos, so its test videos count as errors. Top-1 over the 1 class with training and test videos is 100.0 % (1 video).',
      'a.evaluate: The classes c, d, e, and f had no test videos and are not measured.',
    ])
  })

  test('says how to resume, inputs first', () => {
    expect(resumeHint(runs, '/w')).toBe('Resume with: npm run -s studio -- run resume a.distill --workspace /w')
    expect(
      resumeHint([runOf('a.evaluate', { status: 'stopped' }), runOf('a.distill', { status: 'interrupted' })], '/w'),
    ).toContain('resume a.distill a.evaluate --')
  })

  test('says when resuming needs something else first, or cannot help', () => {
    expect(resumeHint([failedWith('disk-full')], '/w')).toBe(
      'When the cause is removed, resume with: npm run -s studio -- run resume a.distill --workspace /w',
    )
    expect(resumeHint([failedWith('diverged')], '/w')).toBe(
      'Resuming a.distill would end in the same way. Launch it again with other settings.',
    )
  })

  test('names the run that failed', () => {
    expect(failureOf(runs)).toBeUndefined()
    const failed = runOf('a.distill', {
      status: 'failed',
      error: { code: 'diverged', message: 'The loss is not a number.', hint: 'Lower the rate.' },
    })
    expect(failureOf([...runs, failed])?.report()).toEqual({
      code: 'diverged',
      message: 'a.distill: The loss is not a number.',
      hint: 'Lower the rate.',
    })
  })
})

const failedWith = (code: 'diverged' | 'disk-full') =>
  runOf('a.distill', { status: 'failed', error: { code, message: 'It failed.', hint: 'Do something.' } })

test('an interruption stops the queued runs, then the running one, and the last state is returned', async () => {
  const os = implement(contract)
  const controller = new AbortController()
  const stopped: string[] = []
  const runs = new Map(
    [
      runOf('a.distill', { status: 'running' }),
      runOf('a.finetune', { waitsFor: ['a.distill'] }),
      runOf('b.distill', { status: 'queued' }),
    ].map((run) => [run.id, run]),
  )
  const changes: RunsEvent[] = []
  let changed = Promise.withResolvers<void>()
  const client = createRouterClient({
    runs: {
      stop: os.runs.stop.handler(({ input }) => {
        const run = { ...runs.get(input.id)!, status: 'stopped' as const }
        stopped.push(input.id)
        runs.set(run.id, run)
        changes.push({ type: 'changed', run })
        changed.resolve()
        return run
      }),
      list: os.runs.list.handler(() => [...runs.values()]),
      watch: os.runs.watch.handler(async function* () {
        yield { type: 'snapshot', runs: [...runs.values()], pipelines: [] }
        for (;;) {
          const next = changes.shift()
          if (next !== undefined) yield next
          else {
            await changed.promise
            changed = Promise.withResolvers<void>()
          }
        }
      }),
    },
  }) as unknown as Parameters<typeof followRuns>[0]

  const seen: string[][] = []
  const display = {
    update: (items: readonly ProgressItem[]) => void seen.push(items.map((item) => item.detail)),
    close: () => void seen.push(['closed']),
  }
  const following = followRuns(client, ['a.distill', 'a.finetune'], { display, interruption: controller.signal })
  await expect.poll(() => seen.length).toBe(1)
  controller.abort()
  expect((await following).map((run) => run.status)).toEqual(['stopped', 'stopped'])
  expect(stopped).toEqual(['a.finetune', 'a.distill'])
  expect(runs.get('b.distill')!.status).toBe('queued')
  expect(seen.at(-1)).toEqual(['closed'])
})
