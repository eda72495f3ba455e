import { spawnSync } from 'node:child_process'
import { beforeEach } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test was not run. `npm test` lists such tests and does not count them as passed. */
    notRun?: string
  }
}

/**
 * Marks the tests of the enclosing `describe` (or file) as not run if `reason` is given. Use it for what a machine may lack,
 * such as a graphics card or a Python package, never for missing data.
 */
export function notRun(reason: string | undefined): void {
  beforeEach(({ task, skip }) => {
    if (reason === undefined) return
    task.meta.notRun = reason
    skip(reason)
  })
}

/** The first Python that can import `modules`, or why there is none. */
export function findPython(...modules: readonly string[]): { python: string; missing?: string } {
  const python = ['python3', '/usr/bin/python3'].find(
    (name) => spawnSync(name, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0,
  )
  return python === undefined
    ? { python: 'python3', missing: `No Python with ${modules.join(' and ')} was found.` }
    : { python }
}
