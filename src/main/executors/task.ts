import { type ChildProcess, spawn } from 'node:child_process'
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
import { describeExit, isComputing } from '#node/processes.ts'
import { childEnvironment, childOptions } from './process.ts'

/** The training child as the studio starts it. */
export interface ChildProgram {
  readonly nodePath: string
  readonly trainingEntry: string
}

export interface TaskOptions<N extends TaskName> {
  signal?: AbortSignal | undefined
  onProgress?: (progress: TaskProgress<N>) => void
  /** Ends the child if it reports no progress for so long; by default it may take as long as it needs. */
  silenceMs?: number
  /** No pixels pass through the child, so that its garbage may be collected less often. */
  hasNoPixels?: boolean
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
/** A killed process ends at once, unless it waits for a disk that does not answer. */
const killedMs = 2000
const slowFactor = 10

/** Makes the function that runs tasks in training children. */
export const taskRunner = ({ nodePath, trainingEntry }: ChildProgram): RunTask =>
  taskRunnerOf(nodePath, (name, { hasNoPixels }) => [
    ...(hasNoPixels === true ? [] : childOptions),
    trainingEntry,
    'task',
    name,
  ])

/**
 * Makes a function that runs tasks. They throw the task's own error, `TaskCrash` if the child died, and `cancelled`
 * if the signal aborted. An aborted child is asked to exit, and killed five seconds later if it has not.
 * @param argumentsOf those of Node.js for a task
 */
export function taskRunnerOf(
  nodePath: string,
  argumentsOf: (name: TaskName, options: Pick<TaskOptions<TaskName>, 'hasNoPixels'>) => readonly string[],
): RunTask {
  return async (name, input, { signal, onProgress, silenceMs, hasNoPixels = false } = {}) => {
    const isCancelled = () => signal?.aborted === true
    if (isCancelled()) throw cancelled(name)
    const child = spawn(nodePath, argumentsOf(name, { hasNoPixels }), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: childEnvironment(),
      windowsHide: true,
    })
    const timers: NodeJS.Timeout[] = []
    const lost = Promise.withResolvers<string>()
    const kill = (exit: string) => {
      child.kill('SIGKILL')
      timers.push(setTimeout(() => lost.resolve(exit), killedMs))
    }
    const abort = () => {
      child.kill('SIGTERM')
      timers.push(setTimeout(() => kill('signal SIGKILL'), patienceMs))
    }
    let silentExit: string | undefined
    let silence: NodeJS.Timeout | undefined
    let isStarted = false
    let silences = 0
    /** A child that starts or computes is slow, not blocked: on a busy machine it may take long. */
    const expectSign = () => {
      clearTimeout(silence)
      if (silenceMs === undefined) return
      silence = setTimeout(() => {
        silences += 1
        if (silences < slowFactor && (!isStarted || isComputing(child.pid))) return expectSign()
        silentExit = silenceOf(silenceMs)
        kill(silentExit)
      }, silenceMs)
    }
    expectSign()
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
        void lost.promise.then(resolve)
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
          isStarted = true
          silences = 0
          expectSign()
          const line = parseLine(text)
          if (line === undefined) keep(text)
          else if (line.type === 'result') outcome = { result: line.value }
          else if (line.type === 'error')
            outcome = { error: new StudioError(line.error.code, line.error.message, line.error.hint) }
          else report(line.value, reject)
        })
      })
      if (isCancelled()) throw cancelled(name)
      if (outcome === undefined) throw new TaskCrash(name, silentExit ?? exit, output)
      if ('error' in outcome) throw outcome.error
      return tasks[name].result.parse(outcome.result) as TaskResult<typeof name>
    } finally {
      for (const timer of [silence, ...timers]) clearTimeout(timer)
      if (child.exitCode === null && child.signalCode === null) release(child)
      signal?.removeEventListener('abort', abort)
    }
  }
}

/** How a task ended that reported nothing for so long. */
export const silenceOf = (silenceMs: number): string => `no sign of life for ${Math.round(silenceMs / 1000)} s`

/** Lets this process end before a child that still waits for a disk. */
function release(child: ChildProcess): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
  child.unref()
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
