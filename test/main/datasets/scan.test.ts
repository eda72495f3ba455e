import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scanVideos } from '#main/datasets/scan.ts'
import { folderOf, temporaryFolder } from '../support.ts'

test('videos are found below the folder, without hidden ones, other files, and links that lead outside', () => {
  const outside = folderOf({ 'secret.mp4': '', 'more/x.mp4': '' })
  const root = folderOf({
    'b/2.MP4': '',
    'a/deep/er/1.webm': '',
    'top.avi': '',
    'a/notes.txt': '',
    '.hidden.mp4': '',
    '.trash/old.mp4': '',
  })
  symlinkSync(join(outside, 'secret.mp4'), join(root, 'a', 'leads-out.mp4'))
  symlinkSync(join(outside, 'more'), join(root, 'folder-leads-out'))
  symlinkSync(root, join(root, 'circle'))
  symlinkSync(join(root, 'gone'), join(root, 'dangling.mp4'))
  symlinkSync(join(root, 'top.avi'), join(root, 'within.avi'))
  expect(scanVideos(root)).toEqual(['a/deep/er/1.webm', 'b/2.MP4', 'top.avi', 'within.avi'])
})

test('a folder named like a video is a folder', () => {
  const root = temporaryFolder()
  mkdirSync(join(root, 'clip.mp4'))
  writeFileSync(join(root, 'clip.mp4', 'part.mp4'), '')
  expect(scanVideos(root)).toEqual(['clip.mp4/part.mp4'])
})
