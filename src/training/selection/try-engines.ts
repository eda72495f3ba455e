import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { StudioError } from '#contract/api/errors.ts'
import { traitsOf, type EngineName, type EngineTrial } from '#contract/domain/engine.ts'
import { timeLimitMs as defaultTimeLimitMs } from './choose.ts'

/** A message of the trial process at the start of each phase: the trial so far. */
export interface TrialMessage {
  readonly phase: 'opening' | 'testing' | 'timing' | 'done'
  readonly trial: EngineTrial
}

export interface TrialSettings {
  readonly threads: number
  /** `likely` skips software renderers, which take long to try and are never the fastest. */
  readonly extent: 'all' | 'likely'
  readonly signal?: AbortSignal | undefined
  /** Receives the engine that is tried next. */
  readonly onTrying?: (name: EngineName) => void
  /** Time limit for opening an engine and for its self-test, each; 20 s by default. */
  readonly testLimitMs?: number
  /** Time limit for the timed steps; `timeLimitMs` by default. */
  readonly timeLimitMs?: number
}

/** An engine whose trial crashed or timed out. */
interface FailedTrial {
  readonly trial: EngineTrial
  /** Slowness is final. A crash or a hang can be caused by a library that was loaded before. */
  readonly isFinal: boolean
}

const keptLines = 8

/**
 * Tries engines one after the other in a child process, which can crash or hang without harm to this one. An engine that crashes or hangs
 * after others is tried again in a new process.
 * @throws StudioError `cancelled` when the signal aborts.
 */
export async function tryEngines(names: readonly EngineName[], settings: TrialSettings): Promise<EngineTrial[]> {
  const trials: EngineTrial[] = []
  let remaining = [...names]
  while (remaining.length > 0) {
    const { done, failure } = await tryInOneProcess(remaining, settings)
    trials.push(...done)
    remaining = remaining.slice(done.length)
    if (failure === undefined) continue
    if (!failure.isFinal && done.length > 0) continue
    trials.push(failure.trial)
    remaining = remaining.slice(1)
  }
  return trials
}

async function tryInOneProcess(
  names: readonly EngineName[],
  settings: TrialSettings,
): Promise<{ done: EngineTrial[]; failure?: FailedTrial }> {
  const { threads, extent, signal, onTrying, testLimitMs = 20_000, timeLimitMs = defaultTimeLimitMs } = settings
  const isCancelled = () => signal?.aborted === true
  if (isCancelled()) throw cancelled()
  const child = fork(new URL('./trial-process.ts', import.meta.url), [String(threads), extent, ...names], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const kill = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })

  const done: EngineTrial[] = []
  const lines: string[] = []
  let current: TrialMessage | undefined
  let hasTimedOut = false
  let timeout: NodeJS.Timeout | undefined
  const expect = (limitMs: number) => {
    clearTimeout(timeout)
    timeout = setTimeout(() => {
      hasTimedOut = true
      kill()
    }, limitMs)
  }
  try {
    const exit = await new Promise<string>((resolve) => {
      expect(testLimitMs)
      child.once('error', (cause) => resolve(cause.message))
      child.once('close', (code, killedBy) =>
        resolve(killedBy === null ? `exit code ${code ?? 'unknown'}` : `signal ${killedBy}`),
      )
      if (child.stderr !== null)
        createInterface({ input: child.stderr }).on(
          'line',
          (line) => void (lines.push(line) > keptLines && lines.shift()),
        )
      child.on('message', (message: TrialMessage) => {
        // One limit for all timed steps.
        if (message.phase !== 'timing' || current?.phase !== 'timing')
          expect(message.phase === 'timing' ? timeLimitMs : testLimitMs)
        current = message
        if (message.phase === 'opening') onTrying?.(message.trial.name)
        if (message.phase === 'done') done.push(message.trial)
      })
    })
    if (isCancelled()) throw cancelled()
    const name = names[done.length]
    if (name === undefined) return { done }
    const message = current?.trial.name === name ? current : undefined
    return {
      done,
      failure: failedTrial(
        name,
        message,
        hasTimedOut
          ? `takes longer than ${(message?.phase === 'timing' ? timeLimitMs : testLimitMs) / 1000} s`
          : `crashed the process (${exit})`,
        hasTimedOut,
        lines,
      ),
    }
  } finally {
    clearTimeout(timeout)
    signal?.removeEventListener('abort', kill)
  }
}

const cancelled = (): StudioError =>
  new StudioError('cancelled', 'Trying engines was cancelled.', 'Start it again to see the results.')

const failed = (sentence: string) => ({ passed: false, worstDifference: null, sentence })

function failedTrial(
  name: EngineName,
  message: TrialMessage | undefined,
  problem: string,
  hasTimedOut: boolean,
  lines: readonly string[],
): FailedTrial {
  const detail = lines.length === 0 ? {} : { detail: lines.join('\n') }
  switch (message?.phase) {
    case 'timing':
      return hasTimedOut
        ? { trial: message.trial, isFinal: true }
        : {
            trial: { ...message.trial, ...detail, selfTest: failed(`A timed training step ${problem}.`) },
            isFinal: false,
          }
    case 'testing':
      return { trial: { ...message.trial, ...detail, selfTest: failed(`A training step ${problem}.`) }, isFinal: false }
    default:
      return {
        trial: {
          name,
          isPresent: false,
          reason: `Opening it ${problem}.`,
          ...detail,
          device: '',
          install: traitsOf(name).installCommand ?? '',
          selfTest: null,
          secondsPerStep: null,
        },
        isFinal: false,
      }
  }
}
