import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findMember, locateMember, readTar } from '#node/tar-members.ts'
import { digestOfVideo, readVideoDigest } from '#node/video-digest.ts'
import { readVideoStats, statVideo } from '#node/video-stats.ts'
import { paxRecord, tarOf, writeTar } from '../support/tar.ts'

const root = mkdtempSync(join(tmpdir(), 'mvd-tar-'))
afterAll(() => rmSync(root, { recursive: true }))

function listed(bytes: Buffer) {
  const file = join(mkdtempSync(join(root, 'tar-')), 'a.tar')
  writeFileSync(file, bytes)
  return readTar(file)
}

test('lists regular files with their places, and neither folders nor links', () => {
  const bytes = tarOf([
    { name: 'a/', content: '', type: '5' },
    { name: './a/1.cls', content: '7' },
    { name: 'link', content: '', type: '2' },
    { name: 'a/1.mp4', content: 'x'.repeat(513) },
    { name: '/../b.mp4', content: '' },
  ])
  expect(listed(bytes)).toEqual({
    members: [
      { name: 'a/1.cls', position: 1024, length: 1 },
      { name: 'a/1.mp4', position: 2560, length: 513 },
      { name: 'b.mp4', position: 4096, length: 0 },
    ],
    unnamed: [],
  })
})

test('reads long names of GNU and pax, and sizes of pax', () => {
  const long = `${'folder/'.repeat(40)}video.mp4`
  const bytes = tarOf([
    { name: '././@LongLink', content: `${long}\0`, type: 'L' },
    { name: long.slice(0, 99), content: 'one' },
    { name: 'global', content: paxRecord('comment', 'x'), type: 'g' },
    { name: 'pax', content: paxRecord('path', `${long}é`) + paxRecord('mtime', '1'), type: 'x' },
    { name: 'short', content: 'three' },
    { name: 'after.mp4', content: '' },
  ])
  expect(listed(bytes)?.members.map(({ name, length }) => [name, length])).toEqual([
    [long, 3],
    [`${long}é`, 5],
    ['after.mp4', 0],
  ])
})

test('reads the size of a file of GNU that is larger than octal digits can say', () => {
  const bytes = tarOf([{ name: 'a.mp4', content: '' }])
  bytes.writeUInt8(0x80, 124)
  bytes.fill(0, 125, 136)
  bytes.writeUInt32BE(3, 132)
  bytes.write('        ', 148)
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  expect(listed(bytes)?.members).toEqual([{ name: 'a.mp4', position: 512, length: 3 }])
})

const whole = tarOf([
  { name: '1.mp4', content: 'x'.repeat(600) },
  { name: '2.mp4', content: 'y'.repeat(600) },
])

test.each([
  ['in the content of a file', whole.subarray(0, 2400), ['1.mp4'], 'is cut off in 2.mp4: 248 bytes are missing'],
  ['in a header', whole.subarray(0, 1700), ['1.mp4'], 'has no mark at its end and may be cut off'],
  ['before its mark', whole.subarray(0, 3072), ['1.mp4', '2.mp4'], 'has no mark at its end and may be cut off'],
  ['never', whole, ['1.mp4', '2.mp4'], undefined],
])('a tar file that is cut off %s has the files before that', (_, bytes, names, problem) => {
  const found = listed(bytes)
  expect(found?.members.map(({ name }) => name)).toEqual(names)
  expect(found?.problem).toBe(problem)
})

test('what is damaged after a whole file is named by its place, and what is no tar file is none', () => {
  const bytes = Buffer.from(whole)
  bytes.fill(0xff, 1540, 1550)
  expect(listed(bytes)).toMatchObject({ members: [{ name: '1.mp4' }], problem: 'is damaged at byte 1536' })
  expect(listed(Buffer.from('no tar file'))).toBeUndefined()
  expect(listed(Buffer.alloc(4096, 'no tar file'))).toBeUndefined()
  expect(listed(Buffer.alloc(0))).toBeUndefined()
})

test('names that are not UTF-8 are listed apart', () => {
  const bytes = tarOf([
    { name: '', nameBytes: Buffer.from('caf\xe9.mp4', 'latin1'), content: 'x' },
    { name: 'café.mp4', content: 'y' },
  ])
  expect(listed(bytes)).toMatchObject({ members: [{ name: 'café.mp4' }], unnamed: ['caf\\xE9.mp4'] })
})

test('a file in a tar file has the digest and size that it has outside, also after the tar file grew', async () => {
  const content = Buffer.alloc(3 * 2 ** 20, 'video')
  content.write('end', content.length - 3)
  const archive = join(root, 'shard.tar')
  writeFileSync(join(root, 'alone.mp4'), content)
  const member = join(archive, 'a', '1.mp4')
  const entries = [
    { name: '0.cls', content: '1' },
    { name: 'a/1.mp4', content },
  ]
  writeTar(archive, entries)
  const before = statVideo(member)
  for (const longer of [entries, [{ name: 'new.cls', content: '2' }, ...entries]]) {
    writeTar(archive, longer)
    expect(digestOfVideo(member)).toBe(digestOfVideo(join(root, 'alone.mp4')))
    expect(await readVideoDigest(member)).toBe(digestOfVideo(member))
    expect(statVideo(member)).toMatchObject({ isVideo: true, sizeBytes: content.length })
    expect(await readVideoStats(member)).toEqual(statVideo(member))
  }
  expect(statVideo(member).stamp).not.toBe(before.stamp)
  expect(() => statVideo(join(archive, 'b.mp4'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  await expect(readVideoStats(join(root, 'none.tar', 'b.mp4'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a folder may be called like a tar file', async () => {
  const folder = join(root, 'folder.tar')
  mkdirSync(folder)
  writeFileSync(join(folder, '1.mp4'), 'video')
  expect(findMember(join(folder, '1.mp4'))).toBeUndefined()
  expect(await locateMember(join(folder, '1.mp4'))).toBeUndefined()
  expect(statVideo(join(folder, '1.mp4')).sizeBytes).toBe(5)
})
