import { expect, onTestFinished, test, vi } from 'vitest'
import { createDrawQueue } from '#renderer/ui/charts/draw-queue.ts'

/** Frames that the test draws by hand. */
function fakeFrames() {
  let waiting = new Map<number, FrameRequestCallback>()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => {
    waiting.set(++last, callback)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => waiting.delete(id))
  onTestFinished(() => void vi.unstubAllGlobals())
  return () => {
    const due = waiting
    waiting = new Map()
    for (const callback of due.values()) callback(0)
    return waiting.size
  }
}

test('charts are drawn once, after the next frame, as many as fit into each', () => {
  const frame = fakeFrames()
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => void vi.restoreAllMocks())
  const drawn: string[] = []
  const chart = (name: string, ms: number) => () => {
    drawn.push(name)
    now += ms
  }
  const queue = createDrawQueue()
  const [a, b, c] = [chart('a', 5), chart('b', 5), chart('c', 5)]
  for (const draw of [a, b, a, c]) queue.add(draw)
  frame()
  expect(drawn).toEqual([])
  expect(frame()).toBe(1)
  expect(drawn).toEqual(['a', 'b'])
  expect(frame()).toBe(0)
  expect(drawn).toEqual(['a', 'b', 'c'])
})

test('nothing is drawn after the page is left', () => {
  const frame = fakeFrames()
  const draw = vi.fn<() => void>()
  const queue = createDrawQueue()
  queue.add(draw)
  frame()
  queue.dispose()
  frame()
  expect(draw).not.toHaveBeenCalled()
})
