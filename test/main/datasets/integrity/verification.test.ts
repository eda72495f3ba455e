import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { IntegritySummary, Verdict } from '#contract/domain/integrity.ts'
import { openDatabase } from '#main/database/open.ts'
import { IntegrityFile } from '#main/datasets/integrity/records.ts'
import { brokenVideo, copyTwoClasses, readableVideo } from '../../../support/videos/index.ts'
import { folderOf, importFolder, openTestStudio, temporaryFolder, type TestStudio, videosOf } from '../../support.ts'
import { openStudioWithDecoder } from './studio-with-decoder.ts'

const patience = { timeout: 180_000 }

async function untilVerified({ client }: Pick<TestStudio, 'client'>, name = 'shapes'): Promise<IntegritySummary> {
  for await (const summary of await client.datasets.watchIntegrity({ name }))
    if (summary.running === null) return summary
  throw new Error('The stream ended.')
}

async function untilDone({ client }: TestStudio, done: number): Promise<void> {
  for await (const { running } of await client.datasets.watchIntegrity({ name: 'shapes' }))
    if (running?.done === done) return
}

async function pathsOf({ client }: Pick<TestStudio, 'client'>, verdict: Verdict): Promise<string[]> {
  const { files } = await client.datasets.findings({ name: 'shapes', verdict, offset: 0, limit: 100 })
  return files.map(({ path }) => path)
}

const files = (counts: IntegritySummary['counts']) =>
  Object.fromEntries(counts.map(({ verdict, files }) => [verdict, files]))

test(
  'headers alone make a dataset, whose videos are decoded later: every verdict names its files',
  patience,
  async () => {
    const directory = copyTwoClasses(temporaryFolder(), 3)
    const add = (from: string, to: string) => copyFileSync(from, join(directory, 'fall', to))
    add(readableVideo('h264-rotated.mp4'), 'rotated.mp4')
    add(readableVideo('h264-10bit-444.mkv'), 'deep.mkv')
    add(readableVideo('h264-five-frames.mp4'), 'short.mp4')
    add(readableVideo('hevc.mkv'), 'copy-1.mkv')
    mkdirSync(join(directory, 'roll'), { recursive: true })
    copyFileSync(readableVideo('hevc.mkv'), join(directory, 'roll', 'copy-2.mkv'))
    add(brokenVideo('text.mp4'), 'text.mp4')
    add(brokenVideo('audio-only.mp4'), 'sound.mp4')
    // Its header and its structure are whole, and its pictures are not.
    add(brokenVideo('damaged.mp4'), 'damaged.mp4')

    const studio = await openStudioWithDecoder(temporaryFolder())
    let last: unknown
    for await (const event of await studio.client.datasets.import({ directory, name: 'shapes', check: 'index' }))
      last = event
    expect(last).toMatchObject({ type: 'done', report: { check: 'index' } })
    const before = await untilVerified(studio)
    expect(before).toMatchObject({ checked: 0, isCompared: false })
    expect(files(before.counts)).toEqual({
      unreadable: 1,
      'sound-only': 1,
      'too-short': 1,
      'pixel-format': 1,
      rotated: 1,
      repeated: 1,
    })
    const { videoCount, digest } = await studio.client.datasets.get({ name: 'shapes' })

    rmSync(join(directory, 'fall', 'rotated.mp4'))
    copyFileSync(readableVideo('vp9.webm'), join(directory, 'roll', 'new.webm'))
    await studio.client.datasets.verify({ name: 'shapes' })
    const after = await untilVerified(studio)
    expect(after).toMatchObject({ videos: videoCount, checked: videoCount, isCompared: true, problem: null })
    expect(await pathsOf(studio, 'missing')).toEqual(['fall/rotated.mp4'])
    expect(await pathsOf(studio, 'unreadable')).toContain('fall/damaged.mp4')
    expect(await pathsOf(studio, 'sound-only')).toEqual(['fall/sound.mp4'])
    expect(await pathsOf(studio, 'too-short')).toEqual(['fall/short.mp4'])
    expect(await pathsOf(studio, 'repeated')).toHaveLength(1)
    expect(await pathsOf(studio, 'not-listed')).toEqual(['roll/new.webm'])
    expect(await studio.client.datasets.get({ name: 'shapes' })).toMatchObject({ videoCount, digest })
  },
)

test('a full import knows all verdicts at once, and its files are decoded again only after they changed', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const directory = folderOf(videosOf(['a', 'b'], 4))
  await importFolder(studio, directory)
  await studio.client.datasets.verify({ name: 'shapes' })
  expect(await untilVerified(studio)).toMatchObject({ videos: 8, checked: 8, counts: [] })
  const file = join(workspace, 'datasets', 'shapes', 'integrity.jsonl')
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n').length
  const once = lines()
  await studio.client.datasets.verify({ name: 'shapes' })
  await untilVerified(studio)
  // The comparison alone is new.
  expect(lines()).toBe(once + 1)
  utimesSync(join(directory, 'a', '1.mp4'), 1, 1)
  writeFileSync(join(directory, 'b', '1.mp4'), 'another')
  await studio.client.datasets.verify({ name: 'shapes' })
  expect((await untilVerified(studio)).counts).toEqual([
    { verdict: 'changed', files: 1, acrossSplits: 0, samples: 1, excluded: 0 },
  ])
  // Most lines of the file did not hold any more, so it was written again: a line for each file and for the comparison, then the new ones.
  expect(lines()).toBe(8 + 1 + 3)
})

test('a studio that ends during a verification goes on where it was, and one that was cancelled does not', async () => {
  const workspace = temporaryFolder()
  const directory = folderOf(videosOf(['a', 'b'], 4))
  const studio = await openTestStudio(workspace)
  await importFolder(studio, directory)
  const slow = join(directory, 'b', '3.mp4')
  // The stand-in takes a minute for a file with this content.
  writeFileSync(slow, 'slow')
  await studio.client.datasets.verify({ name: 'shapes' })
  await untilDone(studio, 7)
  await studio.close()

  writeFileSync(slow, 'b 3')
  const next = await openTestStudio(workspace)
  expect(await untilVerified(next)).toMatchObject({ checked: 8, counts: [] })
  const lines = readFileSync(join(workspace, 'datasets', 'shapes', 'integrity.jsonl'), 'utf8').split('\n')
  // One of the import, and one of the first studio.
  expect(lines.filter((line) => line.includes('"a/0.mp4"'))).toHaveLength(2)

  writeFileSync(slow, 'slow')
  await next.client.datasets.verify({ name: 'shapes' })
  await untilDone(next, 7)
  expect((await next.client.datasets.cancelVerify({ name: 'shapes' })).running).toBeNull()
  await next.close()
  const last = await openTestStudio(workspace)
  expect((await untilVerified(last)).checked).toBe(8)
})

const record = (path: string, frameCount: number) => ({ file: { path, isDecoded: true, frameCount } })

test('a file of which most lines hold no longer is written again, and reads the same', () => {
  const folder = temporaryFolder()
  const file = new IntegrityFile(folder)
  const path = join(folder, 'integrity.jsonl')
  const lines = () => readFileSync(path, 'utf8').trimEnd().split('\n').length
  const comparison = { repeated: [], notListed: [] }
  for (let frames = 0; frames < 10; frames++) file.add([record('a', frames), record('b', frames), { comparison }])
  // A studio that was killed before the new file took its place.
  writeFileSync(`${path}.unfinished`, 'half a line')
  expect(lines()).toBe(30)
  const read = file.readAndMend()
  expect(read).toEqual({ files: new Map(['a', 'b'].map((name) => [name, record(name, 9).file])), comparison })
  expect(lines()).toBe(3)
  expect(file.readAndMend()).toEqual(read)
  expect(readdirSync(folder)).toEqual(['integrity.jsonl'])
})

test('what an earlier studio found is in the tables at the next start, also if their last change was lost', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf({ ...videosOf(['a', 'b'], 2), 'b/copy.mp4': 'a 0', 'b/broken-1.mp4': '' }))
  const before = await studio.client.datasets.verify({ name: 'shapes' }).then(() => untilVerified(studio))
  await studio.close()
  const database = openDatabase(join(workspace, 'studio.sqlite'))
  expect(database.prepare('SELECT count(*) FROM finding').pluck().get()).toBe(2)
  database.exec('DELETE FROM finding; DELETE FROM verdict_count; DELETE FROM integrity')
  database.close()
  const emptied = await openTestStudio(workspace)
  expect(await untilVerified(emptied)).toEqual(before)
  await emptied.close()
  const file = join(workspace, 'datasets', 'shapes', 'integrity.jsonl')
  const lines = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, lines.filter((line) => !line.includes('"a/1.mp4"')).join('\n'))
  const shortened = await openTestStudio(workspace)
  expect(await untilVerified(shortened)).toEqual({ ...before, checked: before.checked - 1 })
})
