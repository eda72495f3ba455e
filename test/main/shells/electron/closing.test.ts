import { expect, test, vi } from 'vitest'
import { closingTexts } from '#main/shells/electron/closing-texts.ts'
import { Closing } from '#main/shells/electron/closing.ts'
import type { CloseChoice, CloseMode, OpenWork } from '#main/shells/local/open-work.ts'

const busy: OpenWork = { computing: ['a.distill'], waiting: ['a.finetune', 'a.evaluate'], experiments: [] }
const nothing: OpenWork = { computing: [], waiting: [], experiments: [] }

/** A program with runs, whose person makes the same choice each time. */
function program(choice: CloseChoice, { mode = 'ask', work = busy }: { mode?: CloseMode; work?: OpenWork } = {}) {
  const idle = Promise.withResolvers<void>()
  const acts: string[] = []
  const act = (name: string) => void acts.push(name)
  const ask = vi.fn<(asked: OpenWork) => Promise<CloseChoice>>(async () => choice)
  const closing = new Closing(
    {
      work: async () => work,
      ask,
      stop: async () => act('stop'),
      untilIdle: (signal) =>
        Promise.race([idle.promise, new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))]),
      closeWindow: () => act('close window'),
      quit: () => act('quit'),
      onProblem: (cause) => act(String(cause)),
    },
    mode,
  )
  return { closing, acts, ask, idle }
}

test('without runs the program ends without a question', async () => {
  const { closing, acts, ask } = program('keep', { work: nothing })
  await closing.request()
  expect([acts, ask.mock.calls, closing.isDecided]).toEqual([['quit'], [], true])
})

test('keep running closes the window, and the program ends with the last run', async () => {
  const { closing, acts, idle } = program('keep')
  const request = closing.request()
  await expect.poll(() => acts).toEqual(['close window'])
  expect([closing.isInBackground, closing.isDecided]).toEqual([true, false])
  idle.resolve()
  await request
  expect([acts, closing.isDecided]).toEqual([['close window', 'quit'], true])
})

test('save and stop asks the runs first', async () => {
  const { closing, acts, idle } = program('stop')
  idle.resolve()
  await closing.request()
  expect(acts).toEqual(['stop', 'close window', 'quit'])
})

test('cancel leaves everything, and the next time it is asked again', async () => {
  const { closing, acts, ask } = program('cancel')
  await closing.request()
  await closing.request()
  expect([acts, ask.mock.calls.length, closing.isDecided]).toEqual([[], 2, false])
})

test('it asks once, however often the window is closed', async () => {
  const { closing, ask } = program('cancel')
  await Promise.all([closing.request(), closing.request(), closing.request()])
  expect(ask).toHaveBeenCalledOnce()
})

test('started again, the program stays open after the last run', async () => {
  const { closing, acts } = program('keep')
  const request = closing.request()
  await expect.poll(() => closing.isInBackground).toBe(true)
  closing.reopened()
  await request
  expect([acts, closing.isInBackground, closing.isDecided]).toEqual([['close window'], false, false])
})

test('asked to quit without a window, it ends; the runs go on', async () => {
  const { closing, acts, ask } = program('keep')
  const first = closing.request()
  await expect.poll(() => closing.isInBackground).toBe(true)
  await closing.request()
  await first
  expect([acts, ask.mock.calls.length]).toEqual([['close window', 'quit'], 1])
})

test.each([
  ['keep', ['close window', 'quit']],
  ['stop', ['stop', 'close window', 'quit']],
] as const)('with the choice %s made before, nothing is asked', async (mode, expected) => {
  const { closing, acts, ask, idle } = program('cancel', { mode })
  idle.resolve()
  await closing.request()
  expect([acts, ask.mock.calls]).toEqual([expected, []])
})

test('a problem is shown, and the program stays open', async () => {
  const acts: string[] = []
  const closing = new Closing(
    {
      work: () => Promise.reject(new Error('The disk is full.')),
      ask: async () => 'keep',
      stop: async () => undefined,
      untilIdle: async () => undefined,
      closeWindow: () => void acts.push('close window'),
      quit: () => void acts.push('quit'),
      onProblem: (cause) => void acts.push(String(cause)),
    },
    'ask',
  )
  await closing.request()
  expect([acts, closing.isDecided]).toEqual([['Error: The disk is full.'], false])
})

test.each([
  ['en-GB', '1 run computing, 2 waiting', 'Keep running'],
  ['ja', '実行中 1 件、待機中 2 件', '実行を続ける'],
  ['zh-CN', '1 个运行正在计算，2 个在等待', '继续运行'],
  ['fr', '1 run computing, 2 waiting', 'Keep running'],
])('the dialog in %s', (locale, message, keep) => {
  const texts = closingTexts(busy, locale)
  expect([texts.message, texts.buttons.keep]).toEqual([message, keep])
})
