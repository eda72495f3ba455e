import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { StudioError } from '#contract/api/errors.ts'
import {
  type TaskInput,
  taskLine,
  type TaskName,
  type TaskProgress,
  type TaskResult,
  tasks,
} from '#contract/api/tasks.ts'
import { describeExit } from '#node/processes.ts'
import { childEnvironment, childOptions } from './process.ts'

/** The training child as the studio starts it. */
export interface ChildProgram {
  readonly nodePath: string
  readonly trainingEntry: string
}

export interface TaskOptions<N extends TaskName> {
  signal?: AbortSignal | undefined
  onProgress?: (progress: TaskProgress<N>) => void
}

/** Does a short job in a training child. */
export type RunTask = <N extends TaskName>(
  name: N,
  input: TaskInput<N>,
  options?: TaskOptions<N>,
) => Promise<TaskResult<N>>

/** The child of a task ended without a result: a crash in native code, or something killed it. */
export class TaskCrash extends StudioError {
  readonly exit: string
  /** Last lines that it printed. */
  readonly output: readonly string[]

  constructor(name: TaskName, exit: string, output: readonly string[]) {
    const tail = output.length === 0 ? '' : ` Its last lines:\n${output.join('\n')}`
    super(
      'internal',
      `The task ${name} ended without a result (${exit}).${tail}`,
      'Try again. If it happens again, report it with these lines.',
    )
    this.exit = exit
    this.output = output
  }
}

const keptLines = 20
const patienceMs = 5000

/**
 * Makes the function that runs tasks. They throw the task's own error, `TaskCrash` if the child died, and `cancelled`
 * if the signal aborted. An aborted child is asked to exit, and killed five seconds later if it has not.
 */
export function taskRunner(program: ChildProgram): RunTask {
  return async (name, input, { signal, onProgress } = {}) => {
    const isCancelled = () => signal?.aborted === true
    if (isCancelled()) throw cancelled(name)
    const child = spawn(program.nodePath, [...childOptions, program.trainingEntry, 'task', name], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: childEnvironment(),
      windowsHide: true,
    })
    let patience: NodeJS.Timeout | undefined
    const abort = () => {
      child.kill('SIGTERM')
      patience ??= setTimeout(() => child.kill('SIGKILL'), patienceMs)
    }
    signal?.addEventListener('abort', abort, { once: true })

    const output: string[] = []
    const keep = (line: string) => {
      output.push(line)
      if (output.length > keptLines) output.shift()
    }
    const report = (value: unknown, reject: (cause: unknown) => void) => {
      try {
        const progress = tasks[name].progress.parse(value) as Parameters<NonNullable<typeof onProgress>>[0]
        onProgress?.(progress)
      } catch (cause) {
        abort()
        reject(cause)
      }
    }
    let outcome: { result: unknown } | { error: StudioError } | undefined
    try {
      const exit = await new Promise<string>((resolve, reject) => {
        child.once('error', (cause) =>
          reject(
            new StudioError(
              'internal',
              `The training process could not be started: ${cause.message}`,
              'Check that the installation is complete (npm ci).',
              { cause },
            ),
          ),
        )
        child.once('close', (code, killedBy) => resolve(describeExit(code, killedBy)))
        // A child that dies early closes its input; its exit is a better report than the broken pipe.
        child.stdin.on('error', (cause) => keep(`input: ${cause.message}`))
        child.stdin.end(JSON.stringify(input))
        createInterface({ input: child.stderr }).on('line', keep)
        createInterface({ input: child.stdout }).on('line', (text) => {
          const line = parseLine(text)
          if (line === undefined) keep(text)
          else if (line.type === 'result') outcome = { result: line.value }
          else if (line.type === 'error')
            outcome = { error: new StudioError(line.error.code, line.error.message, line.error.hint) }
          else report(line.value, reject)
        })
      })
      if (isCancelled()) throw cancelled(name)
      if (outcome === undefined) throw new TaskCrash(name, exit, output)
      if ('error' in outcome) throw outcome.error
      return tasks[name].result.parse(outcome.result) as TaskResult<typeof name>
    } finally {
      clearTimeout(patience)
      signal?.removeEventListener('abort', abort)
    }
  }
}

/** A line of the protocol, or undefined for what a library printed by itself. */
function parseLine(text: string) {
  try {
    return taskLine.safeParse(JSON.parse(text)).data
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function cancelled(name: TaskName): StudioError {
  return new StudioError('cancelled', `The task ${name} was cancelled.`, 'Start it again if you need its result.')
}
