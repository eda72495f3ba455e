import { execFileSync } from 'node:child_process'

const pollMs = 1000

/**
 * A signal that aborts when a process that started this one has ended: its parent, and if npm runs it, npm too, which may
 * be killed while the shell between them lives on. Without it a studio would outlive the terminal command that opened it.
 */
export function parentEndedSignal(environment: NodeJS.ProcessEnv = process.env): AbortSignal {
  const controller = new AbortController()
  const parent = process.ppid
  const npm = environment['npm_lifecycle_event'] === undefined ? undefined : parentOfShell(parent)
  const watched = [parent, ...(npm === undefined || npm <= 1 ? [] : [npm])]
  const timer = setInterval(() => {
    // An orphan gets another parent, except on Windows.
    if (process.ppid === parent && watched.every(isAlive)) return
    clearInterval(timer)
    controller.abort('parent ended')
  }, pollMs)
  timer.unref()
  return controller.signal
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}

/** The process that started a shell; undefined if `pid` is not a shell or the system does not say. */
function parentOfShell(pid: number): number | undefined {
  if (process.platform === 'win32') return undefined
  try {
    const facts = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' })
    const [, parent, command = ''] = /^\s*(\d+)\s+(.+?)\s*$/.exec(facts) ?? []
    return /(^|\/)-?\w*sh$/.test(command) ? Number(parent) : undefined
  } catch {
    return undefined
  }
}
