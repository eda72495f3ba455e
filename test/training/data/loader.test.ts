import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLoader } from '#training/data/loader.ts'

function recorded(ahead: number, end?: number) {
  const made: number[] = []
  const make = async (step: number) => {
    made.push(step)
    if (step === 3) throw new Error('no batch 3')
    return `batch ${step}`
  }
  return { made, loader: createLoader(make, { ahead, ...(end === undefined ? {} : { end }) }) }
}

test('prepares the following steps and makes none twice', async () => {
  const { made, loader } = recorded(2)
  expect(await loader.take(0)).toBe('batch 0')
  await setImmediate()
  expect(made).toEqual([0, 1, 2])
  expect(await loader.take(1)).toBe('batch 1')
  await setImmediate()
  expect(made).toEqual([0, 1, 2, 3])
})

test('a batch that is ready is given before the next one is planned', async () => {
  const { made, loader } = recorded(1)
  await loader.take(0)
  await setImmediate()
  expect(await loader.take(1)).toBe('batch 1')
  expect(made).toEqual([0, 1])
  await setImmediate()
  expect(made).toEqual([0, 1, 2])
})

test('prepares batches before the first is taken, and none after it is disposed', async () => {
  const { made, loader } = recorded(2, 7)
  loader.prepareFrom(5)
  expect(made).toEqual([5, 6])
  expect(await loader.take(5)).toBe('batch 5')
  expect(made).toEqual([5, 6])
  await loader.take(1)
  loader[Symbol.dispose]()
  await setImmediate()
  expect(made).toEqual([5, 6, 1])
})

test('reports a failed batch when it is taken', async () => {
  const { loader } = recorded(3)
  expect(await loader.take(1)).toBe('batch 1')
  expect(await loader.take(2)).toBe('batch 2')
  await expect(loader.take(3)).rejects.toThrow('no batch 3')
  expect(await loader.take(4)).toBe('batch 4')
})

test('prepares nothing from the end on, and starts again after a jump', async () => {
  const { made, loader } = recorded(4, 7)
  await loader.take(5)
  await setImmediate()
  expect(made).toEqual([5, 6])
  await loader.take(0)
  await setImmediate()
  expect(made).toEqual([5, 6, 0, 1, 2, 3, 4])
})

async function allButOne(step: number): Promise<number> {
  if (step === 1) throw new Error('no batch 1')
  return step
}

test('releases a batch when another is taken, but never a failed one', async () => {
  const { promise: secondRelease, resolve } = Promise.withResolvers<void>()
  const released: number[] = []
  const loader = createLoader(allButOne, {
    ahead: 1,
    end: 9,
    release(step) {
      released.push(step)
      if (step === 2) resolve()
    },
  })
  await loader.take(0)
  expect(released).toEqual([])
  await expect(loader.take(1)).rejects.toThrow('no batch 1')
  expect(released).toEqual([0])
  await loader.take(2)
  expect(released).toEqual([0])
  await loader.take(3)
  await secondRelease
  expect(released).toEqual([0, 2])
})
