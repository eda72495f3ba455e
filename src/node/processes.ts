import { readdirSync, readFileSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'

/** Whether a process with this id exists. Systems reuse ids, so this alone does not identify a process. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return systemCode(cause) === 'EPERM'
  }
}

/**
 * Arguments of a process on Linux, the program first. Empty for a process that ended and was not yet collected by its
 * parent; `undefined` if there is no such process, `null` on systems that do not show them.
 */
export function processArguments(pid: number): string[] | undefined | null {
  if (process.platform !== 'linux') return null
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ESRCH') return undefined
    throw cause
  }
}

/** A process whose last arguments are these, on Linux; undefined if there is none, and on other systems. */
export function findProcess(...last: readonly string[]): number | undefined {
  if (process.platform !== 'linux') return undefined
  const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  return pids.find((pid) => {
    // Each argument ends with a zero byte.
    const found = processArguments(pid)?.slice(0, -1).slice(-last.length)
    return found?.length === last.length && last.every((argument, index) => found[index] === argument)
  })
}

/**
 * Whether a process computes or would if a processor were free, and does not wait for a file (Linux; false elsewhere). On a busy machine
 * this tells a slow process from one that hangs.
 */
export function isComputing(pid: number | undefined): boolean {
  if (process.platform !== 'linux' || pid === undefined) return false
  try {
    // The state follows the name, which is in parentheses and may contain some.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .startsWith('R')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ESRCH') return false
    throw cause
  }
}

/** Kills a process group leader with everything that it started. No error if it has ended already. */
export function killTree(pid: number): void {
  try {
    if (process.platform === 'win32') process.kill(pid, 'SIGKILL')
    else process.kill(-pid, 'SIGKILL')
  } catch (cause) {
    if (systemCode(cause) !== 'ESRCH') throw cause
  }
}

/** How a process ended: `exit code 1` or `signal SIGKILL`. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`
}
