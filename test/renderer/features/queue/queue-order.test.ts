import { expect, test } from 'vitest'
import type { QueueMove, RunPriority } from '#contract/domain/queue.ts'
import { moveBack, moveBy, moveTo } from '#renderer/features/queue/queue-order.ts'

const queue = (text: string) =>
  text.split(' ').map((runId) => {
    const priority: RunPriority = runId.startsWith('h') ? 'high' : runId.startsWith('l') ? 'low' : 'normal'
    return { runId, priority }
  })
const all = queue('h1 h2 a b c l1')
const to = (id: string, before: string | null): QueueMove => ({ ids: [id], before })

test.each([
  ['a', 4, to('a', 'c')],
  ['a', 5, to('a', null)],
  ['c', 2, to('c', 'a')],
  ['b', 3, undefined],
  ['b', 4, undefined],
  // A run stays among those of its priority.
  ['c', 0, to('c', 'a')],
  ['a', 6, to('a', null)],
  ['h1', 6, to('h1', null)],
  ['l1', 0, undefined],
  ['gone', 0, undefined],
] as const)('%s dropped before row %s', (id, index, move) => expect(moveTo(all, id, index)).toEqual(move))

test('by one place, up to the ends of the priority', () => {
  expect(moveBy(all, 'b', 'up')).toEqual(to('b', 'a'))
  expect(moveBy(all, 'b', 'down')).toEqual(to('b', null))
  expect(moveBy(all, 'a', 'down')).toEqual(to('a', 'c'))
  expect([
    moveBy(all, 'a', 'up'),
    moveBy(all, 'h1', 'up'),
    moveBy(all, 'c', 'down'),
    moveBy(all, 'gone', 'up'),
  ]).toEqual([undefined, undefined, undefined, undefined])
})

test('where a run is now, to bring it back', () => {
  expect([moveBack(all, 'a'), moveBack(all, 'c'), moveBack(all, 'h2')]).toEqual([
    to('a', 'b'),
    to('c', null),
    to('h2', null),
  ])
})
