import { expect, test } from 'vitest'
import { Broadcast } from '#main/streams/broadcast.ts'
import { openStream, type StreamControl, taskStream } from '#main/streams/stream.ts'

/** A stream over a broadcast of numbers, which are joined while they wait. */
function openSums(signal?: AbortSignal, intervalMs = 20) {
  const numbers = new Broadcast<number>()
  let isClosed = false
  let control: StreamControl | undefined
  const stream = openStream<number[]>(signal, intervalMs, (given) => {
    control = given
    let waiting: number[] = []
    const undo = numbers.subscribe((value) => {
      waiting.push(value)
      given.wake()
    })
    const close = () => {
      isClosed = true
      undo()
    }
    const take = () => {
      const taken = waiting
      waiting = []
      return [taken]
    }
    return { take, close }
  })
  return { numbers, stream, end: (error?: unknown) => control?.end(error), isClosed: () => isClosed }
}

test('the first event comes at once, later ones joined at the interval', async () => {
  const { numbers, stream } = openSums()
  // The interval begins with the first event: a busy machine may take long until the next line.
  const startedAt = performance.now()
  numbers.publish(1)
  expect((await stream.next()).value).toEqual([1])
  numbers.publish(2)
  queueMicrotask(() => numbers.publish(3))
  expect((await stream.next()).value).toEqual([2, 3])
  expect(performance.now() - startedAt).toBeGreaterThan(15)
  await stream.return(undefined)
})

test('a reader that waits is woken', async () => {
  const { numbers, stream } = openSums()
  const next = stream.next()
  setImmediate(() => numbers.publish(7))
  expect((await next).value).toEqual([7])
  await stream.return(undefined)
})

test('returning ends a reader that waits, and undoes the subscription', async () => {
  const { stream, isClosed } = openSums()
  const next = stream.next()
  await stream.return(undefined)
  expect((await next).done).toBe(true)
  expect(isClosed()).toBe(true)
})

test('aborting ends the stream, also when it was aborted before', async () => {
  const abort = new AbortController()
  const { stream, isClosed } = openSums(abort.signal)
  const next = stream.next()
  abort.abort()
  expect((await next).done).toBe(true)
  expect(isClosed()).toBe(true)
  const late = openSums(abort.signal)
  expect((await late.stream.next()).done).toBe(true)
  expect(late.isClosed()).toBe(true)
})

test('what waits is delivered before the end, and before an error', async () => {
  const { numbers, stream, end, isClosed } = openSums(undefined, 10_000)
  numbers.publish(1)
  await stream.next()
  numbers.publish(2)
  end(new Error('broken'))
  expect((await stream.next()).value).toEqual([2])
  await expect(stream.next()).rejects.toThrow('broken')
  expect(isClosed()).toBe(true)
})

test('a task reports, and its result is the last event', async () => {
  const events: number[] = []
  for await (const event of taskStream<number>(undefined, async (report) => {
    report(1)
    await Promise.resolve()
    report(2)
    return 3
  }))
    events.push(event)
  expect(events).toEqual([1, 2, 3])
})

test('a reader that leaves aborts the task', async () => {
  let signal: AbortSignal | undefined
  const stream = taskStream<number>(undefined, async (report, taskSignal) => {
    signal = taskSignal
    report(1)
    return new Promise(() => undefined)
  })
  for await (const event of stream) if (event === 1) break
  expect(signal?.aborted).toBe(true)
})
