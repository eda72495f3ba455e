import { expect, test } from 'vitest'
import { type ResourceRequest, wholeSlot } from '#contract/domain/resources.ts'
import { nextRuns } from '#main/scheduler/next-runs.ts'
import { slotsOf } from '#main/scheduler/slots.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
const machine = { processors: 8, memoryBytes: 8 * 2 ** 30 }

test.each([
  { why: 'nothing waits', runs: [['a', 'finished', 0]], next: [] },
  {
    why: 'the one that waits longest',
    runs: [
      ['a', 'queued', 2],
      ['b', 'queued', 1],
    ],
    next: ['b'],
  },
  {
    why: 'equal times keep the order of launch',
    runs: [
      ['a', 'queued', 1],
      ['b', 'queued', 1],
    ],
    next: ['a'],
  },
  {
    why: 'one at a time',
    runs: [
      ['a', 'running', 0],
      ['b', 'queued', 1],
    ],
    next: [],
  },
  {
    why: 'not before its input',
    runs: [
      ['a', 'queued', 1],
      ['b', 'queued', 0, 'a'],
    ],
    next: ['a'],
  },
  {
    why: 'behind a finished input',
    runs: [
      ['a', 'finished', 0],
      ['b', 'queued', 1, 'a'],
    ],
    next: ['b'],
  },
  {
    why: 'needs all inputs',
    runs: [
      ['a', 'finished', 0],
      ['b', 'failed', 0],
      ['c', 'queued', 1, 'a', 'b'],
    ],
    next: [],
  },
  {
    why: 'a failed chain does not hold up another',
    runs: [
      ['a', 'failed', 0],
      ['b', 'queued', 1, 'a'],
      ['c', 'queued', 2],
    ],
    next: ['c'],
  },
  { why: 'an input that is gone never finishes', runs: [['b', 'queued', 1, 'a']], next: [] },
  {
    why: 'two slots take two runs',
    slots: 2,
    runs: [
      ['a', 'queued', 1],
      ['b', 'queued', 2],
      ['c', 'queued', 3],
    ],
    next: ['a', 'b'],
  },
  {
    why: 'a free slot next to a running run',
    slots: 2,
    runs: [
      ['a', 'running', 1],
      ['b', 'queued', 2],
    ],
    next: ['b'],
  },
] as const)('next runs: $why', ({ runs, next, ...rest }) => {
  const slots = slotsOf(machine, 'slots' in rest ? rest.slots : 1)
  expect(
    nextRuns({
      queued: runs
        .filter(([, status]) => status === 'queued')
        .map(([id, , second, ...inputs]) => ({ id, queuedAt: at(second), inputs, request: wholeSlot })),
      running: runs.filter(([, status]) => status === 'running').map(() => wholeSlot),
      slots,
      isFinished: (id) => runs.some(([known, status]) => known === id && status === 'finished'),
    }),
  ).toEqual(next)
})

const large = { ...wholeSlot, memoryBytes: 6 * 2 ** 30 }
const small = { ...wholeSlot, memoryBytes: 2 ** 30 }
const queued = (...requests: ResourceRequest[]) =>
  requests.map((request, index) => ({ id: 'abc'[index]!, queuedAt: at(index), inputs: [], request }))

test.each([
  {
    why: 'a run that no slot can take starts on an idle machine, alone',
    queued: [large, small],
    running: [],
    next: ['a'],
  },
  {
    why: 'it waits for the others, and those behind it wait as well',
    queued: [large, small],
    running: [small],
    next: [],
  },
  { why: 'nothing starts next to it', queued: [small], running: [large], next: [] },
  { why: 'runs that fit share the machine', queued: [small, small, small], running: [], next: ['a', 'b'] },
])('requests: $why', ({ queued: requests, running, next }) => {
  const slots = slotsOf(machine, 2)
  expect(nextRuns({ queued: queued(...requests), running, slots, isFinished: () => true })).toEqual(next)
})

test('slots divide a machine evenly', () => {
  expect(slotsOf(machine, 3)).toEqual(Array.from({ length: 3 }, () => ({ processors: 2, memoryBytes: 2863311530 })))
  expect(slotsOf({ processors: 1, memoryBytes: 10 }, 2)).toEqual([
    { processors: 1, memoryBytes: 5 },
    { processors: 1, memoryBytes: 5 },
  ])
})
