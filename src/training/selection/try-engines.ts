import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { StudioError } from '#contract/api/errors.ts'
import { traitsOf, type EngineName, type EngineTrial } from '#contract/domain/engine.ts'
import type { TrialMessage } from './trial-message.ts'

export interface TrialSettings {
  readonly threads: number
  /** `likely` leaves graphics cards alone that software plays: they take long to try and never win. */
  readonly extent: 'all' | 'likely'
  readonly signal?: AbortSignal | undefined
  /** Told which engine is tried next. */
  readonly onTrying?: (name: EngineName) => void
  /** Patience for opening an engine and for its self-test, each; 20 s when left out. */
  readonly testLimitMs?: number
  /** Patience for the timed steps; 3 s when left out. */
  readonly timeLimitMs?: number
}

/** An engine that did not come to its end, and what is to be said of it. */
interface Fallen {
  readonly trial: EngineTrial
  /** Slowness is final; a crash or a standstill may be the work of a library that was loaded before. */
  readonly isFinal: boolean
}

const keptLines = 8

/**
 * Tries engines one after the other in a process that may crash or stand still without harm to this one. An engine that does so after others
 * is tried again in a process of its own.
 * @throws StudioError `cancelled` when the signal aborts.
 */
export async function tryEngines(names: readonly EngineName[], settings: TrialSettings): Promise<EngineTrial[]> {
  const trials: EngineTrial[] = []
  let remaining = [...names]
  while (remaining.length > 0) {
    const { done, fallen } = await tryInOneProcess(remaining, settings)
    trials.push(...done)
    remaining = remaining.slice(done.length)
    if (fallen === undefined) continue
    if (!fallen.isFinal && done.length > 0) continue
    trials.push(fallen.trial)
    remaining = remaining.slice(1)
  }
  return trials
}

async function tryInOneProcess(
  names: readonly EngineName[],
  settings: TrialSettings,
): Promise<{ done: EngineTrial[]; fallen?: Fallen }> {
  const { threads, extent, signal, onTrying, testLimitMs = 20_000, timeLimitMs = 3000 } = settings
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
  let isOverdue = false
  let patience: NodeJS.Timeout | undefined
  const expect = (limitMs: number) => {
    clearTimeout(patience)
    patience = setTimeout(() => {
      isOverdue = true
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
        // The patience for the timed steps is for all of them.
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
      fallen: fallenOf(
        name,
        message,
        isOverdue
          ? `takes longer than ${(message?.phase === 'timing' ? timeLimitMs : testLimitMs) / 1000} s`
          : `ended its process (${exit})`,
        isOverdue,
        lines,
      ),
    }
  } finally {
    clearTimeout(patience)
    signal?.removeEventListener('abort', kill)
  }
}

const cancelled = (): StudioError =>
  new StudioError('cancelled', 'Trying the engines was stopped.', 'Start it again when you want it.')

const failed = (sentence: string) => ({ passed: false, worstDifference: null, sentence })

function fallenOf(
  name: EngineName,
  message: TrialMessage | undefined,
  how: string,
  isOverdue: boolean,
  lines: readonly string[],
): Fallen {
  const detail = lines.length === 0 ? {} : { detail: lines.join('\n') }
  switch (message?.phase) {
    case 'timing':
      return isOverdue
        ? { trial: message.trial, isFinal: true }
        : {
            trial: { ...message.trial, ...detail, selfTest: failed(`A training step of usual size ${how}.`) },
            isFinal: false,
          }
    case 'testing':
      return { trial: { ...message.trial, ...detail, selfTest: failed(`A training step ${how}.`) }, isFinal: false }
    default:
      return {
        trial: {
          name,
          isPresent: false,
          reason: `Opening it ${how}.`,
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
