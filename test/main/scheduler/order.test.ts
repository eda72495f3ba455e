import { expect, test } from 'vitest'
import { inOrder, positionsFor, type QueuePosition } from '#main/scheduler/order.ts'

const at = (ms: number) => new Date(ms).toISOString()
const run = (
  id: string,
  position: number | null,
  priority: QueuePosition['priority'] = 'normal',
  queuedAt = at(100),
) => ({
  id,
  position,
  priority,
  queuedAt,
})
const ids = (runs: readonly { id: string }[]) => runs.map(({ id }) => id).join('')

test('by priority, then by position; a run without one has the time at which it was queued; equal ones keep their order', () => {
  const runs = [
    run('a', null),
    run('b', null),
    run('c', 99),
    run('d', 500, 'high'),
    run('e', 1, 'low'),
    run('f', null, 'normal', at(101)),
  ]
  expect(ids(inOrder(runs))).toBe('dcabfe')
})

/** The queue after a move, in order. */
function moved(queue: readonly QueuePosition[], ids: readonly string[], before: string | null) {
  const positions = positionsFor(queue, ids, before)
  const all = [...queue, ...ids.filter((id) => !queue.some((known) => known.id === id)).map((id) => run(id, null))]
  const after = inOrder(all.map((each) => ({ ...each, position: positions.get(each.id) ?? each.position })))
  return { order: after.map(({ id }) => id).join(''), written: positions.size, after }
}

test.each([
  { ids: ['c'], before: 'a', order: 'cab', written: 1 },
  { ids: ['a'], before: null, order: 'bca', written: 1 },
  { ids: ['c'], before: 'b', order: 'acb', written: 1 },
  { ids: ['c', 'b'], before: 'a', order: 'cba', written: 2 },
  { ids: ['x'], before: 'a', order: 'xabc', written: 1 },
  { ids: ['a'], before: 'gone', order: 'bca', written: 1 },
])('moves $ids before $before', ({ ids, before, order, written }) =>
  expect(moved([run('a', 1), run('b', 2), run('c', 3)], ids, before)).toMatchObject({ order, written }),
)

test('runs that were queued at the same time are told apart when one moves between them', () => {
  const { order, after } = moved([run('a', null), run('b', null), run('c', null), run('d', null)], ['d'], 'b')
  expect(order).toBe('adbc')
  // None comes behind a run that is queued later.
  expect(Math.max(...after.map(({ position }) => position ?? 100))).toBeLessThanOrEqual(101)
})

test('a thousand moves between the same neighbours keep the order', () => {
  let queue: QueuePosition[] = [run('a', 1), run('b', 2), run('c', 3)]
  for (let count = 0; count < 1000; count++) {
    const last = queue.at(-1)!.id
    const { after } = moved(queue, [last], queue[1]!.id)
    expect(ids(after)).toBe(ids([queue[0]!, queue.at(-1)!, ...queue.slice(1, -1)]))
    queue = after
  }
})
