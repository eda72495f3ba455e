import { expect, test } from 'vitest'
import { createLoader } from '#training/data/loader.ts'

function recorded(ahead: number, end?: number) {
  const made: number[] = []
  const make = async (step: number) => {
    made.push(step)
    if (step === 3) throw new Error('no batch 3')
    return `batch ${step}`
  }
  return { made, loader: createLoader(make, ahead, end) }
}

test('prepares the following steps and makes none twice', async () => {
  const { made, loader } = recorded(2)
  expect(await loader.take(0)).toBe('batch 0')
  expect(made).toEqual([0, 1, 2])
  expect(await loader.take(1)).toBe('batch 1')
  expect(made).toEqual([0, 1, 2, 3])
})

test('reports a failed batch only to whoever takes it', async () => {
  const { loader } = recorded(3)
  expect(await loader.take(1)).toBe('batch 1')
  expect(await loader.take(2)).toBe('batch 2')
  await expect(loader.take(3)).rejects.toThrow('no batch 3')
  expect(await loader.take(4)).toBe('batch 4')
})

test('prepares nothing from the end on, and begins anew after a jump', async () => {
  const { made, loader } = recorded(4, 7)
  await loader.take(5)
  expect(made).toEqual([5, 6])
  await loader.take(0)
  expect(made).toEqual([5, 6, 0, 1, 2, 3, 4])
})

async function allButOne(step: number): Promise<number> {
  if (step === 1) throw new Error('no batch 1')
  return step
}

test('gives a batch back once another is taken, and never one that failed', async () => {
  const { promise: givenBack, resolve } = Promise.withResolvers<void>()
  const given: number[] = []
  const loader = createLoader(allButOne, 1, 9, (step) => {
    given.push(step)
    if (step === 2) resolve()
  })
  await loader.take(0)
  expect(given).toEqual([])
  await expect(loader.take(1)).rejects.toThrow('no batch 1')
  expect(given).toEqual([0])
  await loader.take(2)
  expect(given).toEqual([0])
  await loader.take(3)
  await givenBack
  expect(given).toEqual([0, 2])
})
