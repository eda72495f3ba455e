import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { TaskProgress } from '#contract/api/tasks.ts'
import { datasetFiles } from '#contract/layout.ts'
import { listCache } from '#node/cache-folder.ts'
import { writeDataset } from '#node/dataset-files.ts'
import { frameFolder } from '#node/frame-folder.ts'
import { warmFrames } from '#training/tasks/warm-frames.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { type LabelledVideo, manifestOf } from '../../support/manifest.ts'
import { readableVideos } from '../../support/videos/index.ts'

let root = ''
let manifest = ''
const videos: LabelledVideo[] = []
const running = new AbortController().signal

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'warm-'))
  mkdirSync(join(root, 'videos'))
  const decoder = await openNodeAv()
  for (const [index, file] of readableVideos().slice(0, 5).entries()) {
    const path = `videos/${basename(file)}`
    copyFileSync(file, join(root, path))
    const inspected = await inspectFile(decoder, file)
    if (inspected.state !== 'readable') throw new Error(inspected.reason)
    videos.push({ ...inspected.facts, id: `v${index}`, path, split: 'train', labels: {} })
  }
  const folder = join(root, 'dataset')
  mkdirSync(folder)
  writeDataset(folder, manifestOf(videos, { name: 'codecs', root, labelSets: [] }))
  manifest = join(folder, datasetFiles.manifest)
})
afterAll(() => rmSync(root, { recursive: true }))

/** A folder of frames in a workspace with this budget. */
function cacheWith(budgetGib: number): string {
  const workspace = mkdtempSync(join(root, 'workspace-'))
  writeFileSync(join(workspace, 'settings.json'), JSON.stringify({ version: 1, frames: { budgetGib } }))
  return join(workspace, 'frames')
}

test('every video of a dataset is decoded once, at the size for the clips', async () => {
  const frameCache = cacheWith(4)
  const input = { manifest, frameCache, imageSize: 32 }
  const progress: TaskProgress<'warm-frames'>[] = []
  const all = { videos: 5, beyond: 0, unreadable: 0, problems: [] }
  expect(await warmFrames(input, (report) => void progress.push(report), running)).toEqual({ ...all, decoded: 5 })
  expect(progress.map(({ done, total }) => `${done} of ${total}`)).toEqual(
    [1, 2, 3, 4, 5].map((done) => `${done} of 5`),
  )
  expect(new Set(progress.map(({ path }) => path))).toEqual(new Set(videos.map(({ path }) => path)))
  const { files } = await listCache(frameFolder(frameCache))
  expect(files).toHaveLength(5)
  expect(files.every(({ name }) => /-\d+x46\.frames$|-46x\d+\.frames$/.test(name))).toBe(true)
  expect(await warmFrames(input, () => {}, running)).toEqual({ ...all, decoded: 0 })
})

test('beyond the budget no video is decoded', async () => {
  const frameCache = cacheWith(0)
  const result = await warmFrames({ manifest, frameCache, imageSize: 32 }, () => {}, running)
  expect(result).toEqual({ videos: 5, decoded: 0, beyond: 5, unreadable: 0, problems: [] })
})

test('a video that cannot be read is named, and the others are decoded', async () => {
  const [{ path }] = videos as [LabelledVideo]
  rmSync(join(root, path))
  onTestFinished(() => copyFileSync(readableVideos()[0]!, join(root, path)))
  const result = await warmFrames({ manifest, frameCache: cacheWith(4), imageSize: 32 }, () => {}, running)
  expect(result).toMatchObject({ videos: 5, decoded: 4, beyond: 0, unreadable: 1 })
  expect(result.problems).toEqual([expect.stringContaining(basename(path))])
})

test('it can be cancelled', async () => {
  const input = { manifest, frameCache: cacheWith(4), imageSize: 32 }
  await expect(warmFrames(input, () => {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' })
})
