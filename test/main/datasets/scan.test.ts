import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countLeftOut } from '#main/datasets/left-out.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf, temporaryFolder } from '../support.ts'

const leftOutOf = (root: string, followLinks = false) =>
  scanFolder(root, { followLinks }).leftOut.map(({ path, reason }) => `${path} ${reason}`)

test('videos are found below the folder, and everything else is named with its reason', () => {
  const root = folderOf({
    'b/2.MP4': '',
    'a/deep/er/1.webm': '',
    'top.avi': '',
    'a/notes.txt': '',
    'a/game.ts': 'export const game = 1',
    '.hidden.mp4': '',
    '.trash/old.mp4': '',
    '@eaDir/1.mp4/thumb.mp4': '',
    '$RECYCLE.BIN/x.mp4': '',
    'a/__MACOSX/1.mp4': '',
  })
  expect(scanFolder(root).videos).toEqual(['a/deep/er/1.webm', 'b/2.MP4', 'top.avi'])
  expect(leftOutOf(root)).toEqual([
    '$RECYCLE.BIN/ system-folder',
    '.hidden.mp4 hidden',
    '.trash/ hidden',
    '@eaDir/ system-folder',
    'a/__MACOSX/ system-folder',
    'a/game.ts not-video',
    'a/notes.txt ending',
  ])
})

test('a folder named like a video is a folder', () => {
  const root = temporaryFolder()
  mkdirSync(join(root, 'clip.mp4'))
  writeFileSync(join(root, 'clip.mp4', 'part.mp4'), '')
  expect(scanFolder(root).videos).toEqual(['clip.mp4/part.mp4'])
})

test('links are left out with a word, or followed: each file once, without loops', () => {
  const outside = folderOf({ 'one.mp4': '', 'more/x.mp4': '', 'more/deep/y.mp4': '' })
  const root = folderOf({ 'a/1.mp4': '', 'top.avi': '' })
  symlinkSync(join(outside, 'one.mp4'), join(root, 'a', '2.mp4'))
  symlinkSync(join(outside, 'more'), join(root, 'b'))
  symlinkSync(join(outside, 'more'), join(root, 'c'))
  symlinkSync(root, join(root, 'circle'))
  symlinkSync(join(outside, 'more'), join(outside, 'more', 'deep', 'circle'))
  symlinkSync('/', join(root, 'everything'))
  symlinkSync(join(root, 'gone'), join(root, 'dangling.mp4'))
  symlinkSync('self.mp4', join(root, 'self.mp4'))
  symlinkSync(join(root, 'top.avi'), join(root, 'again.avi'))
  expect(scanFolder(root).videos).toEqual(['a/1.mp4', 'top.avi'])
  expect(countLeftOut(scanFolder(root).leftOut)).toEqual([
    { reason: 'link', count: 8, examples: ['a/2.mp4', 'again.avi', 'b', 'c', 'circle'] },
  ])

  const followed = scanFolder(root, { followLinks: true })
  expect(followed.videos).toEqual(['a/1.mp4', 'a/2.mp4', 'b/deep/y.mp4', 'b/x.mp4', 'top.avi'])
  expect(leftOutOf(root, true)).toEqual([
    'again.avi same-file',
    'b/deep/circle same-file',
    'c same-file',
    'circle link-loop',
    'dangling.mp4 dead-link',
    'everything link-loop',
    'self.mp4 link-loop',
  ])
  expect(followed.otherPaths).toEqual(new Map([['again.avi', 'top.avi']]))
})

test.skipIf(process.platform !== 'linux')('a name that is not UTF-8 is named as such', () => {
  const root = folderOf({ 'a/1.mp4': '', 'a/\uFFFD.mp4': '' })
  writeFileSync(Buffer.concat([Buffer.from(`${root}/a/f`), Buffer.from([0xe4]), Buffer.from('llen.mp4')]), '')
  expect(scanFolder(root).videos).toEqual(['a/1.mp4', 'a/\uFFFD.mp4'])
  expect(leftOutOf(root)).toEqual(['a/f\\xE4llen.mp4 name-encoding'])
})
