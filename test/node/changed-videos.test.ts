import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { datasetChanged, findChangedVideos } from '#node/changed-videos.ts'
import { digestOfVideo } from '#node/video-digest.ts'

/** A dataset of small files, as an import describes them; `withTimes` is false for manifests of earlier versions. */
function importedFiles(count: number, withTimes = true) {
  const root = mkdtempSync(join(tmpdir(), 'mvd-changed-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const videos = Array.from({ length: count }, (_, index) => {
    const path = `a/${String(index).padStart(3, '0')}.mp4`
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `video ${String(index).padStart(3, '0')}`)
    const { size, mtimeMs } = statSync(file)
    return {
      id: path,
      path,
      frameCount: 8,
      width: 4,
      height: 4,
      framesPerSecond: 8,
      durationMs: 1000,
      codec: 'h264',
      sizeBytes: size,
      digest: digestOfVideo(file),
      ...(withTimes ? { modifiedAtMs: mtimeMs } : {}),
    }
  })
  return { root, videos, file: (index: number) => join(root, videos[index]?.path ?? '') }
}

const problems = async (dataset: ReturnType<typeof importedFiles>) =>
  (await findChangedVideos(dataset, dataset.root)).map(({ path, difference }) => `${path}: ${difference}`)

test('names missing files, files of another size, of the same size with other content, and what is no file', async () => {
  const dataset = importedFiles(200)
  expect(await problems(dataset)).toEqual([])
  rmSync(dataset.file(3))
  writeFileSync(dataset.file(5), 'another video')
  copyFileSync(dataset.file(8), dataset.file(7))
  utimesSync(dataset.file(7), 1, 1)
  rmSync(dataset.file(190))
  execFileSync('mkfifo', [dataset.file(190)])
  expect(await problems(dataset)).toEqual([
    'a/003.mp4: missing',
    'a/005.mp4: 13 bytes instead of 9',
    'a/007.mp4: other content',
    'a/190.mp4: not a regular file',
  ])
})

test('a file that was only copied or touched is the same; that is remembered', async () => {
  const dataset = importedFiles(2)
  utimesSync(dataset.file(0), 1, 1)
  expect(await problems(dataset)).toEqual([])
  const remembered = readFileSync(join(dataset.root, 'verified.json'), 'utf8')
  expect(JSON.parse(remembered).videos).toEqual({
    'a/000.mp4': { digest: dataset.videos[0]?.digest, modifiedAtMs: 1000 },
  })
  // What is remembered is not read again: only a new time would be.
  writeFileSync(dataset.file(0), 'video xxx')
  utimesSync(dataset.file(0), 1, 1)
  expect(await problems(dataset)).toEqual([])
  utimesSync(dataset.file(0), 2, 2)
  expect(await problems(dataset)).toEqual(['a/000.mp4: other content'])
})

test('contents of a manifest without times are compared once; a damaged memory of it means once more', async () => {
  const dataset = importedFiles(3, false)
  expect(await problems(dataset)).toEqual([])
  const memory = join(dataset.root, 'verified.json')
  expect(Object.keys(JSON.parse(readFileSync(memory, 'utf8')).videos)).toHaveLength(3)
  writeFileSync(memory, '{"version":')
  expect(await problems(dataset)).toEqual([])
  expect(Object.keys(JSON.parse(readFileSync(memory, 'utf8')).videos)).toHaveLength(3)
})

test('what does not fit into the time for comparing is left to the first use', async () => {
  const dataset = importedFiles(3, false)
  expect(await findChangedVideos(dataset, dataset.root, { compareMs: -1 })).toEqual([])
  expect(existsSync(join(dataset.root, 'verified.json'))).toBe(false)
})

test('a search ends when its signal aborts', async () => {
  const dataset = importedFiles(3)
  await expect(findChangedVideos(dataset, dataset.root, { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
})

test('the error names the first files and their number', async () => {
  const dataset = importedFiles(9)
  for (let index = 0; index < 7; index++) rmSync(dataset.file(index))
  expect(datasetChanged('shapes', await findChangedVideos(dataset, dataset.root)).message).toBe(
    '7 videos of the dataset shapes are not as imported: a/000.mp4 (missing), a/001.mp4 (missing), a/002.mp4 (missing), a/003.mp4 (missing), a/004.mp4 (missing) and 2 more.',
  )
})
