import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinStudio, type StudioClient } from '#main/shells/local/join.ts'
import { openEncoder } from '#training/video/encode/encoder.ts'
import { familyOf, residentBytes } from '../screen/processes.ts'
import { withStudio } from '../screen/studio.ts'

/** The import of a folder with the index check, by a studio that serves the window. */
export interface IndexFigures {
  readonly files: number
  readonly seconds: number
  /** The longest time that the studio took to answer a small request meanwhile. */
  readonly slowestAnswerMs: number
  /** Highest resident memory of the studio, and of all its processes together. */
  readonly studioMib: number
  readonly allMib: number
}

const classes = 400
const mebibyte = 2 ** 20
const askEveryMs = 100

/** Indexes a folder of so many tiny videos, each with another content. Linux only. */
export async function measureIndex(files: number): Promise<IndexFigures> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'mvd-index-')))
  const directory = join(base, 'videos')
  const workspace = join(base, 'workspace')
  try {
    await writeVideos(directory, files)
    return await withStudio(workspace, async ({ pid }) => {
      const studio = await joinStudio(workspace, 'caller', '')
      if (studio === undefined) throw new Error('The studio does not answer.')
      try {
        const asking = new AbortController()
        const [seconds, answers] = await Promise.all([
          index(studio.client, directory, files).finally(() => asking.abort()),
          ask(studio.client, pid, asking.signal),
        ])
        return { files, seconds, studioMib: Math.round(residentBytes(pid, 'VmHWM') / mebibyte), ...answers }
      } finally {
        studio.close()
      }
    })
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

/** @returns seconds from the request to the dataset */
async function index(client: StudioClient, directory: string, files: number): Promise<number> {
  const from = performance.now()
  const events = await client.datasets.import({ directory, name: 'many', check: 'index' })
  let videos = 0
  for await (const event of events) if (event.type === 'done') videos = event.dataset.videoCount
  if (videos !== files) throw new Error(`Of ${files} videos, ${videos} were indexed.`)
  return Math.round((performance.now() - from) / 100) / 10
}

/** Asks for something small again and again, and looks at the memory of all processes. */
async function ask(client: StudioClient, pid: number, signal: AbortSignal) {
  let [slowestAnswerMs, allBytes] = [0, 0]
  while (!signal.aborted) {
    const from = performance.now()
    await client.settings.get({})
    slowestAnswerMs = Math.max(slowestAnswerMs, Math.round(performance.now() - from))
    allBytes = Math.max(allBytes, residentTogether(pid))
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
  }
  return { slowestAnswerMs, allMib: Math.round(allBytes / mebibyte) }
}

function residentTogether(pid: number): number {
  try {
    return familyOf(pid).reduce((sum, id) => sum + (residentBytes(id) || 0), 0)
  } catch {
    // One of them has just ended.
    return 0
  }
}

/** Copies of one video of 16 frames, each with a number behind its boxes. */
async function writeVideos(directory: string, files: number): Promise<void> {
  const size = { width: 64, height: 48 }
  const frames = Array.from({ length: 16 }, (_, index) => Buffer.alloc(size.width * size.height * 3, 8 * index))
  mkdirSync(directory)
  const first = join(directory, 'first.mp4')
  await (await openEncoder()).encode(first, frames, size, 25)
  const video = readFileSync(first)
  rmSync(first)
  const number = Buffer.alloc(16)
  number.writeUInt32BE(number.length)
  number.write('free', 4)
  for (let index = 0; index < files; index++) {
    const folder = join(directory, `class-${String(index % classes).padStart(4, '0')}`)
    if (index < classes) mkdirSync(folder)
    number.writeUInt32BE(index, 8)
    writeFileSync(join(folder, `clip-${index}.mp4`), Buffer.concat([video, number]))
  }
}
