import { expect, test } from 'vitest'
import { StopRequested, Waits } from '#training/run/waits.ts'

const never = () => new Promise<never>(() => {})

function stoppable(computeMs?: number) {
  const stop = new AbortController()
  return { stop, waits: new Waits({ stop: stop.signal, ...(computeMs === undefined ? {} : { computeMs }) }) }
}

test.each(['videos', 'models', 'engine', 'stage', 'checkpoint', 'batch', 'validation', 'picture'] as const)(
  'a stop ends the wait for %s at once, and what is abandoned is known to hang',
  async (kind) => {
    const { stop, waits } = stoppable()
    const waiting = waits.during(kind, never)
    stop.abort()
    await expect(waiting).rejects.toThrow(StopRequested)
    await expect(waits.during(kind, async () => 'begun')).rejects.toThrow(StopRequested)
    expect(await waits.isHanging(0)).toBe(true)
  },
)

test('work that listens to the stop ends by it', async () => {
  const { stop, waits } = stoppable()
  const waiting = waits.during('models', async (signal) => {
    await Promise.resolve()
    stop.abort()
    signal.throwIfAborted()
  })
  await expect(waiting).rejects.toThrow(StopRequested)
  expect(await waits.isHanging(100)).toBe(false)
})

test('a step may end after a stop, for a while; saving always does', async () => {
  const { stop, waits } = stoppable(20)
  const step = Promise.withResolvers<string>()
  const computing = waits.during('computing', () => step.promise)
  const save = Promise.withResolvers<string>()
  const saving = waits.during('saving', () => save.promise)
  stop.abort()
  step.resolve('state')
  expect(await computing).toBe('state')
  await expect(waits.during('computing', never)).rejects.toMatchObject({ isComputing: true })
  save.resolve('saved')
  expect(await saving).toBe('saved')
})

test('an error of the work is passed on', async () => {
  const { waits } = stoppable()
  await expect(waits.during('batch', () => Promise.reject(new Error('no batch')))).rejects.toThrow('no batch')
  expect(await waits.isHanging(0)).toBe(false)
})
