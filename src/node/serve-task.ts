import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import {
  type TaskInput,
  type TaskLine,
  type TaskName,
  type TaskProgress,
  type TaskResult,
  tasks,
} from '#contract/api/tasks.ts'
import { toJson } from './json-file.ts'

/** A short job of a child process, named as in `#contract/api/tasks.ts`. */
export type Task<N extends TaskName> = (
  input: TaskInput<N>,
  report: (progress: TaskProgress<N>) => void,
  signal: AbortSignal,
) => Promise<TaskResult<N>>

/** The tasks of a program. Only the modules of one are loaded: those of all take a second. */
export type Tasks<N extends TaskName> = { readonly [M in N]: () => Promise<Task<M>> }

/** Runs one task of a program: input on standard input, lines on standard output. Returns the exit code. */
export async function serveTask<N extends TaskName>(jobs: Tasks<N>, name: string): Promise<number> {
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  try {
    if (!isTaskOf(jobs, name))
      throw new StudioError(
        'bad-request',
        `There is no task called ${name}.`,
        `Use one of ${Object.keys(jobs).join(', ')}.`,
      )
    const value = await perform(await jobs[name](), name, JSON.parse(await text(process.stdin)), stop.signal)
    await print({ type: 'result', value })
    return 0
  } catch (cause) {
    await print({ type: 'error', error: toStudioError(cause).report() })
    if (!(cause instanceof StudioError))
      process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`)
    return 1
  }
}

async function perform<N extends TaskName>(
  job: Task<N>,
  name: N,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const parsed = tasks[name].input.parse(input) as TaskInput<N>
  return job(parsed, (value) => void print({ type: 'progress', value }), signal)
}

function isTaskOf<N extends TaskName>(jobs: Tasks<N>, name: string): name is N {
  return Object.hasOwn(jobs, name)
}

/** Lines of one turn of the event loop are written together: a write takes longer than what it is about. */
async function print(line: TaskLine): Promise<void> {
  if (process.stdout.writableCorked === 0) {
    process.stdout.cork()
    process.nextTick(() => process.stdout.uncork())
  }
  if (!process.stdout.write(`${toJson(line)}\n`)) await once(process.stdout, 'drain')
}
