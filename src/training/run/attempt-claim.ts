import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { attemptFile } from '#contract/domain/run-event.ts'
import { attemptFileName, runFiles } from '#contract/layout.ts'
import { processArguments, processExists } from '#node/processes.ts'

/** How long a superseded process may take to notice it. */
const patienceMs = 10_000
const lookEveryMs = 100

/**
 * The right to write into the folder of a run. Each attempt creates a file with its number, which only one process can do; the highest
 * number holds the right. A process that was believed dead and is not, such as one that was suspended, finds a higher number and ends.
 */
export class AttemptClaim {
  /** Counted from 1. */
  readonly number: number
  readonly #successor: string

  /**
   * Takes the next number, and waits until the process of an earlier one on this machine has noticed it.
   * @param earlier number of attempts in the events of the run, which may have no files
   * @throws StudioError `run-state` if an earlier process does not end
   */
  constructor(folder: string, earlier: number) {
    const attempts = join(folder, runFiles.attempts)
    mkdirSync(attempts, { recursive: true })
    this.number = take(attempts, earlier)
    this.#successor = join(attempts, attemptFileName(this.number + 1))
    waitForPredecessor(folder, this.number)
  }

  /** Whether a later attempt has taken the run over, so that this one must not write any more. */
  isSuperseded(): boolean {
    return existsSync(this.#successor)
  }
}

function take(attempts: string, earlier: number): number {
  const content = JSON.stringify({ pid: process.pid, host: hostname(), at: new Date().toISOString() })
  for (let number = Math.max(earlier, newestAttempt(attempts)) + 1; ; number++) {
    try {
      writeFileSync(join(attempts, attemptFileName(number)), `${content}\n`, { flag: 'wx', flush: true })
      return number
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw cause
    }
  }
}

const newestAttempt = (attempts: string): number =>
  Math.max(0, ...readdirSync(attempts).flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : [])))

function waitForPredecessor(folder: string, number: number): void {
  const pid = processOf(join(folder, runFiles.attempts, attemptFileName(number - 1)))
  if (pid === undefined || pid === process.pid) return
  const until = performance.now() + patienceMs
  while (isTrainer(pid, folder)) {
    if (performance.now() > until)
      throw new StudioError(
        'run-state',
        `The process ${pid} of an earlier attempt of ${basename(folder)} has not ended, so that this one does not start: two must not write into one folder.`,
        'End that process, then resume the run.',
      )
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookEveryMs)
  }
}

/** The process of an attempt on this machine; undefined if there is none, or its file is damaged. */
function processOf(file: string): number | undefined {
  try {
    const found = attemptFile.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
    return found?.host === hostname() ? found.pid : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError || systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}

/** Systems reuse process ids: where they show command lines, that of a trainer names the folder. */
function isTrainer(pid: number, folder: string): boolean {
  const found = processArguments(pid)
  return found === null ? processExists(pid) : found?.includes(folder) === true
}
