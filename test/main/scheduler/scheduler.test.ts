import { describe, expect, test } from 'vitest'
import { type ResourceRequest, resourceRequest, wholeSlot } from '#contract/domain/resources.ts'
import { type CardSupply, cardStatuses, whyUnavailable } from '#main/scheduler/cards.ts'
import { nextRuns } from '#main/scheduler/next-runs.ts'
import { slotsOf } from '#main/scheduler/slots.ts'
import { cardOf } from '../../support/nvidia-smi.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
/** Of a run that was neither moved nor held. */
const inPlace = { priority: 'normal', position: null, isHeld: false } as const
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
        .map(([id, , second, ...inputs]) => ({ ...inPlace, id, queuedAt: at(second), inputs, request: wholeSlot })),
      running: runs.filter(([, status]) => status === 'running').map(() => wholeSlot),
      slots,
      isFinished: (id) => runs.some(([known, status]) => known === id && status === 'finished'),
    }).starts.map(({ id }) => id),
  ).toEqual(next)
})

const large = { ...wholeSlot, memoryBytes: 6 * 2 ** 30 }
const small = { ...wholeSlot, memoryBytes: 2 ** 30 }
const queued = (...requests: ResourceRequest[]) =>
  requests.map((request, index) => ({ ...inPlace, id: 'abc'[index]!, queuedAt: at(index), inputs: [], request }))

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
  const { starts } = nextRuns({ queued: queued(...requests), running, slots, isFinished: () => true })
  expect(starts.map(({ id }) => id)).toEqual(next)
})

test('slots divide a machine evenly', () => {
  expect(slotsOf(machine, 3)).toEqual(Array.from({ length: 3 }, () => ({ processors: 2, memoryBytes: 2863311530 })))
  expect(slotsOf({ processors: 1, memoryBytes: 10 }, 2)).toEqual([
    { processors: 1, memoryBytes: 5 },
    { processors: 1, memoryBytes: 5 },
  ])
})

const uuid = (index: number) => cardOf(index).uuid
const onCards = (count: number): ResourceRequest => ({ ...wholeSlot, cards: count })

describe('on a machine with cards', () => {
  const gib = 2 ** 30
  const cards = [0, 1, 2].map((index) => cardOf(index))
  const onProcessor: ResourceRequest = { ...wholeSlot, card: 'none', cards: 0 }
  const next = (requests: ResourceRequest[], supply: Partial<CardSupply> = {}, running: ResourceRequest[] = []) => {
    const { starts, waiting } = nextRuns({
      queued: queued(...requests),
      running,
      slots: slotsOf(machine, 1),
      cards: { cards, holders: new Map(), ...supply },
      isFinished: () => true,
    })
    return {
      starts: starts.map(({ id, cards }) => `${id}:${cards.map(({ number }) => number).join('+')}`),
      waiting: [...waiting],
    }
  }

  test('runs start on different cards, beside a run on the processor', () => {
    expect(next([onCards(1), onProcessor, onCards(2)])).toEqual({ starts: ['b:', 'a:0', 'c:1+2'], waiting: [] })
    expect(next([onCards(1), onProcessor], {}, [onProcessor]).starts).toEqual(['a:0'])
  })

  test('a run that waits for several cards is not overtaken, and says who has them', () => {
    expect(next([onCards(3), onCards(1), onProcessor], { holders: new Map([[uuid(1), 'p.distill']]) })).toEqual({
      starts: ['c:'],
      waiting: [
        ['a', 'Waits for 3 graphics cards: card 1 is in use by the run p.distill.'],
        ['b', 'Waits for a graphics card: card 1 is in use by the run p.distill.'],
      ],
    })
  })

  test('cards that other programs use are avoided', () => {
    const used = [
      cardOf(0, { usedMemoryBytes: 20 * gib, processes: [{ pid: 4711, memoryBytes: 20 * gib }] }),
      // A desktop.
      cardOf(1, { usedMemoryBytes: gib, memoryBytes: 8 * gib }),
      cardOf(2, { isExclusive: true, processes: [{ pid: 12, memoryBytes: null }] }),
    ]
    expect(next([onCards(1), onCards(1)], { cards: used })).toEqual({
      starts: ['a:1'],
      waiting: [
        [
          'b',
          'Waits for a graphics card: card 0 is in use by other programs (20.0 GiB of 140 GiB, process 4711), card 1 is in use by the run a, and card 2 serves one process at a time and is in use by another program: process 12.',
        ],
      ],
    })
  })

  test('a card whose memory the driver does not report counts as free, unless its processes report theirs', () => {
    const unknown = { usedMemoryBytes: null, memoryBytes: null }
    expect(whyUnavailable(cardOf(0, unknown), new Map())).toBeUndefined()
    const held = cardOf(0, { ...unknown, processes: [{ pid: 7, memoryBytes: 9 * gib }] })
    expect(whyUnavailable(held, new Map())).toBe('is in use by other programs (9.0 GiB, process 7)')
  })

  test('a run that requests more cards than there are takes a slot, and its process reports it', () => {
    expect(next([onCards(4)])).toEqual({ starts: ['a:'], waiting: [] })
    expect(next([onCards(1)], { cards: [] })).toEqual({ starts: ['a:'], waiting: [] })
  })

  test('each card is shown with the run that holds it, or why none can', () => {
    const statuses = cardStatuses(cards, cards.slice(0, 2), new Map([[uuid(0), 'p.distill']]))
    expect(statuses.map(({ heldBy, unavailable }) => [heldBy, unavailable])).toEqual([
      ['p.distill', 'is in use by the run p.distill'],
      [null, null],
      [null, 'is hidden by CUDA_VISIBLE_DEVICES'],
    ])
  })
})

test('a request of an earlier version takes one card', () => {
  expect(resourceRequest.parse({ processors: null, memoryBytes: null, card: 'preferred' })).toEqual(wholeSlot)
})
