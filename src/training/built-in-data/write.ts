import { fork } from 'node:child_process'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { labelsCsv, planVideos } from './plan.ts'
import type { Recipe } from './recipe.ts'
import type { WriteMessage, WriteOrder } from './write-worker.ts'

export interface WriteSettings {
  /** Processes that render and encode. Default: one per processor, at most 8. */
  readonly workers?: number
  /** Called with the number of written videos and their total. */
  readonly report: (done: number, total: number) => void
  readonly signal: AbortSignal
}

/**
 * Writes the videos of a recipe and `labels.csv` into `directory`; the same recipe gives the same bytes with the same
 * encoder, whatever the number of workers. `labels.csv` is written last, so that a folder with it is complete.
 * Returns the number of videos.
 * @throws StudioError `cancelled` if the signal came, `decoder-unavailable` without an encoder, or why a file cannot be written
 */
export async function writeBuiltInDataset(
  recipe: Recipe,
  directory: string,
  { workers = Math.min(8, availableParallelism()), report, signal }: WriteSettings,
): Promise<number> {
  const videos = planVideos(recipe)
  await mkdir(join(directory, 'videos'), { recursive: true })
  let done = 0
  const advance = (written: number): void => {
    done += written
    report(done, videos.length)
  }
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const shares = Array.from({ length: workers }, (_, first) =>
    runWorker({ recipe, directory, first, workers }, advance, either),
  )
  try {
    await Promise.all(shares)
  } catch (cause) {
    // The other workers stop before the folder is removed.
    failure.abort()
    await Promise.allSettled(shares)
    throw cause
  }
  const labels = join(directory, 'labels.csv')
  await writeFile(`${labels}.tmp`, labelsCsv(videos, recipe))
  await rename(`${labels}.tmp`, labels)
  return videos.length
}

/** Runs a worker until it has ended. */
async function runWorker(order: WriteOrder, advance: (written: number) => void, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw cancelled()
  const child = fork(new URL('./write-worker.ts', import.meta.url), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const kill = () => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  let error: StudioError | undefined
  let spawnProblem = ''
  child.on('message', (message: WriteMessage) => {
    if ('written' in message) advance(message.written)
    else error = new StudioError(message.error.code, message.error.message, message.error.hint)
  })
  child.send(order)
  const exit = await new Promise<string>((resolve) => {
    child.once('exit', (code, name) => resolve(name ?? `code ${code}`))
    child.on('error', (cause) => {
      spawnProblem = cause.message
      // A process that could not start has no exit.
      if (child.pid === undefined) resolve('it did not start')
    })
  })
  signal.removeEventListener('abort', kill)
  if (signal.aborted) throw cancelled()
  if (error !== undefined) throw error
  if (exit !== 'code 0')
    throw new StudioError(
      'internal',
      `A process that writes the built-in videos has ended (${[exit, spawnProblem].filter(Boolean).join(': ')}).`,
      'Import the built-in dataset again.',
    )
}

const cancelled = () => new StudioError('cancelled', 'The task was cancelled.', 'Start it again to get its result.')
