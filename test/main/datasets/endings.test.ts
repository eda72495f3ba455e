import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasVideoContent, isVideoFile } from '#main/datasets/endings.ts'
import { temporaryFolder } from '../support.ts'

test('the formats of the decoder are taken in any letter case, sources, sound and raw streams are not', () => {
  const taken = ['a.ts', 'a.MTS', 'a.m2v', 'a.gif', 'a.asf', 'a.divx', 'a.mxf', 'a.f4v', 'a.ogg', 'a.vob']
  expect(taken.filter((name) => !isVideoFile(name))).toEqual([])
  expect(['a.mp3', 'a.png', 'a.txt', 'a.h264', 'mp4', 'a'].filter(isVideoFile)).toEqual([])
})

/** Packets of `size` bytes with their sync byte at `offset`, after `start` other bytes. */
function packets(size: number, offset: number, start = 0): Buffer {
  const bytes = Buffer.alloc(start + 5 * size)
  for (let packet = 0; packet < 5; packet++) bytes[start + packet * size + offset] = 0x47
  return bytes
}

test.each([
  ['a.ts', packets(188, 0), true],
  ['a.ts', packets(188, 0, 100), true],
  ['a.m2ts', Buffer.alloc(0), true],
  ['a.mts', packets(192, 4), true],
  ['a.ts', Buffer.from('export const Game = "G"\n'.repeat(40)), false],
  ['a.mts', Buffer.from('import a from "./a.mts"\n'), false],
  ['a.ts', Buffer.alloc(0), false],
  ['a.ogg', Buffer.from('OggS\0\0\x80theora'), true],
  ['a.ogg', Buffer.from('OggS\0\0\x01vorbis'), false],
  ['a.mp4', Buffer.from('anything'), true],
])('the content decides whether %s is a video', (name, content, isVideo) => {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, content)
  expect(hasVideoContent(file)).toBe(isVideo)
})
