import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FollowEvent } from '#contract/api/contract.ts'
import { waysToSaveMemory } from '#contract/configuration/memory.ts'
import { joinEvent } from '#main/runs/follow.ts'
import { describeInterruption } from '#main/runs/interruption.ts'
import { remainingMs } from '#main/runs/progress.ts'
import { statusOf } from '#main/runs/status.ts'
import { lastLines, readLines } from '#main/runs/tail.ts'
import { temporaryFolder } from '../support.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`

const end = (offset: number) => ({ offset, status: 'failed' as const })
test.each([
  { why: 'launched', spawned: false, stopped: false, end: null, isAlive: false, status: 'queued' },
  { why: 'stopped while it waited', spawned: false, stopped: true, end: null, isAlive: false, status: 'stopped' },
  { why: 'resumed after a failure', spawned: false, stopped: false, end: end(90), isAlive: false, status: 'queued' },
  { why: 'computing', spawned: true, stopped: false, end: null, isAlive: true, status: 'running' },
  {
    why: 'computing again after a failure',
    spawned: true,
    stopped: false,
    end: end(90),
    isAlive: true,
    status: 'running',
  },
  { why: 'said how it ended', spawned: true, stopped: false, end: end(150), isAlive: false, status: 'failed' },
  {
    why: 'said how it ended and is about to leave',
    spawned: true,
    stopped: false,
    end: end(150),
    isAlive: true,
    status: 'failed',
  },
  { why: 'vanished', spawned: true, stopped: false, end: null, isAlive: false, status: 'interrupted' },
  {
    why: 'vanished in its second attempt',
    spawned: true,
    stopped: false,
    end: end(100),
    isAlive: false,
    status: 'interrupted',
  },
])('status of a run that $why: $status', ({ spawned, stopped, end, isAlive, status }) => {
  expect(
    statusOf({ submittedAt: spawned ? at(1) : null, stoppedAt: stopped ? at(2) : null, eventsFrom: 100, end, isAlive }),
  ).toBe(status)
})

test.each([
  { why: 'no second step yet', fromStep: 1, step: 1, atMs: 500, left: null },
  { why: 'at the pace so far', fromStep: 1, step: 21, atMs: 2000, left: 7900 },
  { why: 'of this attempt alone', fromStep: 51, step: 61, atMs: 1000, left: 3900 },
  { why: 'done', fromStep: 1, step: 100, atMs: 9900, left: 0 },
])('time left: $why', ({ fromStep, step, atMs, left }) => {
  expect(remainingMs({ fromStep, fromMs: 0, step, atMs, totalSteps: 100 })).toBe(left)
})

const noSettings = () => undefined

test('an interruption says how the process ended and shows its last lines', () => {
  expect(
    describeInterruption({
      runId: 'p.distill',
      checkpoints: 1,
      step: 120,
      exit: 'exit code 1',
      output: ['Error: oh', '    at x'],
      settings: noSettings,
    }),
  ).toMatchInlineSnapshot(`
    {
      "code": "run-failed",
      "hint": "Resume the run to continue from its last checkpoint.",
      "message": "The process of p.distill ended without a result (exit code 1) at step 120. Its last lines:
    Error: oh
        at x",
    }
  `)
  expect(
    describeInterruption({
      runId: 'p.distill',
      checkpoints: 1,
      step: 0,
      exit: 'signal SIGKILL',
      output: [],
      settings: noSettings,
    }),
  ).toMatchInlineSnapshot(`
    {
      "code": "run-failed",
      "hint": "The process was killed, which systems often do when memory runs out. Resume the run to continue from its last checkpoint.",
      "message": "The process of p.distill ended without a result (signal SIGKILL) at step 0.",
    }
  `)
  expect(
    describeInterruption({ runId: 'p.distill', checkpoints: 1, step: 3, exit: null, output: [], settings: noSettings })
      .message,
  ).toMatchInlineSnapshot(`"The process of p.distill disappeared without a result at step 3."`)
})

test('a process that ended on a full disk is reported so, since it could not say it', () => {
  const report = describeInterruption({
    runId: 'p.distill',
    checkpoints: 1,
    step: 3,
    exit: 'exit code 1',
    freeBytes: 4096,
    output: [],
    settings: noSettings,
  })
  expect(report).toEqual({
    code: 'disk-full',
    message:
      'The process of p.distill ended without a result (exit code 1) at step 3, and its disk is full (4.0 KiB left).',
    hint: 'Free some space. Resume the run to continue from its last checkpoint.',
  })
})

test('a process that ran out of memory is reported with the settings to change', () => {
  const clip = { frames: 16, frameStride: 4, imageSize: 112, patchSize: 16, tubeletSize: 2 }
  const settings = () => ({
    stage: 'finetune' as const,
    clip,
    configuration: { batchSize: 64, accumulationSteps: 2, recomputeBlocks: false, width: 384 },
  })
  const trace = Array.from({ length: 20 }, (_, line) => `${line}: 0x1`)
  const heap = describeInterruption({
    runId: 'p.finetune',
    checkpoints: 1,
    step: 7,
    exit: 'signal SIGABRT',
    output: ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', ...trace],
    settings,
  })
  expect([heap.code, heap.message, heap.hint]).toMatchInlineSnapshot(`
    [
      "out-of-memory",
      "The process of p.finetune ran out of memory (signal SIGABRT) at step 7: FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      "To use less memory, launch a new pipeline with other settings: set finetune.recomputeBlocks (false) to true; or lower finetune.batchSize (64) and raise finetune.accumulationSteps (2) by the same factor, which leaves the steps unchanged; or lower clip.imageSize (112), clip.frames (16), or finetune.width (384). Resume the run to continue from its last checkpoint.",
    ]
  `)
  expect(
    describeInterruption({ runId: 'p.finetune', checkpoints: 1, step: 7, exit: 'exit code 137', output: [], settings }),
  ).toMatchInlineSnapshot(`
    {
      "code": "run-failed",
      "hint": "The process was killed, which systems often do when memory runs out. To use less memory, launch a new pipeline with other settings: set finetune.recomputeBlocks (false) to true; or lower finetune.batchSize (64) and raise finetune.accumulationSteps (2) by the same factor, which leaves the steps unchanged; or lower clip.imageSize (112), clip.frames (16), or finetune.width (384). Resume the run to continue from its last checkpoint.",
      "message": "The process of p.finetune ended without a result (exit code 137) at step 7.",
    }
  `)
  expect(
    describeInterruption({
      runId: 'p.finetune',
      checkpoints: 1,
      step: 7,
      exit: 'signal SIGSEGV',
      output: ['Segmentation fault'],
      settings,
    }).code,
  ).toBe('run-failed')
})

test.each([
  { exit: 'exit code 73', output: [], code: 'workspace-read-only', message: 'because its folder cannot be written' },
  { exit: 'exit code 74', output: [], code: 'disk-full', message: 'because the disk is full' },
  {
    exit: 'signal SIGABRT',
    output: [
      "terminate called after throwing an instance of 'std::system_error'",
      'what():  Resource temporarily unavailable',
    ],
    code: 'system-limit',
    message: 'The system refuses to start another process or thread.',
  },
  {
    exit: 'signal SIGTRAP',
    output: ['# Fatal process out of memory: Failed to reserve virtual memory for CodeRange', '1: 0x9dde61 [node]'],
    code: 'out-of-memory',
    message: 'ran out of memory (signal SIGTRAP)',
  },
])('a process that the system refused something says what: $code', ({ exit, output, code, message }) => {
  const error = describeInterruption({
    runId: 'p.distill',
    step: 4,
    checkpoints: 1,
    exit,
    output,
    settings: noSettings,
  })
  expect(error.code).toBe(code)
  expect(error.message).toContain(message)
  expect(error.hint).not.toBe('')
})

test('each stage names the settings that it has', () => {
  const clip = { frames: 16, frameStride: 4, imageSize: 112, patchSize: 16, tubeletSize: 2 }
  expect(
    waysToSaveMemory({
      stage: 'image-teacher',
      clip,
      configuration: { batchSize: 1, accumulationSteps: 1, recomputeBlocks: true, width: 192, imageSize: 96 },
    }),
  ).toMatchInlineSnapshot(`"lower image-teacher.imageSize (96) or image-teacher.width (192)."`)
  expect(waysToSaveMemory({ stage: 'evaluate', clip, configuration: { batchSize: 8 } })).toMatchInlineSnapshot(
    `"lower evaluate.batchSize (8); or lower clip.imageSize (112) or clip.frames (16)."`,
  )
})

test('reading continues after the last line, and an incomplete line is left for later', () => {
  const file = join(temporaryFolder(), 'events.jsonl')
  expect(readLines(file, 0)).toEqual([])
  writeFileSync(file, 'één\n\nzw')
  expect(readLines(file, 0)).toEqual([
    { text: 'één', end: 6 },
    { text: '', end: 7 },
  ])
  expect(readLines(file, 7)).toEqual([])
  appendFileSync(file, 'ei\n')
  expect(readLines(file, 7)).toEqual([{ text: 'zwei', end: 12 }])
  expect(readLines(file, 12)).toEqual([])
})

test('a line longer than what is read at once comes whole', () => {
  const file = join(temporaryFolder(), 'events.jsonl')
  const long = 'x'.repeat(3_000_000)
  writeFileSync(file, `${long}\nshort\n`)
  const [first] = readLines(file, 0)
  expect(first?.text === long).toBe(true)
  expect(readLines(file, 3_000_001)).toEqual([{ text: 'short', end: 3_000_007 }])
  writeFileSync(file, long)
  expect(readLines(file, 0)).toEqual([])
})

test('the last lines of a long log', () => {
  const file = join(temporaryFolder(), 'process.log')
  expect(lastLines(file, 2)).toEqual([])
  writeFileSync(file, Array.from({ length: 10_000 }, (_, index) => `line ${index}`).join('\n'))
  expect(lastLines(file, 2)).toEqual(['line 9998', 'line 9999'])
})

const points = (steps: number[]): FollowEvent => ({
  type: 'points',
  series: [{ runId: 'r', name: 'train/loss', steps, values: steps }],
})
const log = (runId: string, message: string): FollowEvent => ({
  type: 'log',
  runId,
  lines: [{ at: at(0), level: 'info', message }],
})
test('events that wait are joined in their order', () => {
  const waiting: FollowEvent[] = []
  for (const event of [
    points([1]),
    points([2, 3]),
    log('r', 'a'),
    log('r', 'b'),
    log('s', 'c'),
    { type: 'rewound', runId: 'r', fromStep: 2 } as const,
    points([3]),
  ])
    joinEvent(waiting, event)
  expect(
    waiting.map((event) =>
      event.type === 'points'
        ? event.series[0]!.steps
        : event.type === 'log'
          ? event.lines.map((line) => line.message)
          : event.type,
    ),
  ).toEqual([[1, 2, 3], ['a', 'b'], ['c'], 'rewound', [3]])
})
