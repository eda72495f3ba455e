import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PixelMemory } from '#training/data/pixel-memory.ts'
import { openClipFiles, type StoredPixels, storePixels } from '#training/video/worker/clip-files.ts'

const storing = new URL('./storing-process.ts', import.meta.url)

test('a process hands over bytes and floats in the files that it inherits', async () => {
  using files = openClipFiles(2)
  const memory = new PixelMemory()
  const child = fork(storing, { stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...files.descriptors], execArgv: [] })
  const [replies] = (await once(child, 'message')) as [StoredPixels[]]
  expect(files.read(0, replies[0]!, memory)).toEqual([new Uint8Array([1, 2, 3]), new Float32Array([0.5, -2])])
  expect(files.read(1, replies[1]!, memory)).toEqual([new Uint8Array([9, 8])])
  expect(() => files.read(0, [{ isFloat: false, length: 12 }], memory)).toThrow(
    'A worker process stored fewer pixels of a clip than it named.',
  )
  expect(() => files.read(2, [], memory)).toThrow('A worker process named clip file 2, which it does not have.')
})

test('the files have no names that could be left behind', () => {
  using files = openClipFiles(3)
  expect(files.descriptors).toHaveLength(3)
  expect(files.descriptors.map((descriptor) => fstatSync(descriptor).nlink)).toEqual([0, 0, 0])
})

test('pixels that no file takes are not stored', () => {
  expect(storePixels(900, [new Uint8Array([1])])).toBeUndefined()
})
