import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { runFiles } from '#contract/layout.ts'
import { describeExit } from '#node/processes.ts'
import { childEnvironment, childOptions } from './process.ts'
import type { ChildProgram } from './task.ts'

export interface StartedProcess {
  /** Null where it could not be started; `exit` then says why. */
  readonly pid: number | null
  /** How it ended, in words. Settles only while the studio lives. */
  readonly exit: Promise<string>
}

/** Starts the process of the run in `folder` (an absolute path). */
export type StartRun = (folder: string) => StartedProcess

/**
 * Starts runs as children of this machine. A child leads a process group of its own and writes into `process.log`, so it
 * goes on when the studio closes or dies.
 */
export function localExecutor(program: ChildProgram): StartRun {
  return (folder) => {
    const output = openSync(join(folder, runFiles.output), 'a')
    try {
      const child = spawn(program.nodePath, [...childOptions, program.trainingEntry, 'run', folder], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', output, output],
        env: childEnvironment(),
        windowsHide: true,
      })
      child.unref()
      const exit = new Promise<string>((resolve) => {
        child.once('error', (cause) => resolve(`could not be started: ${cause.message}`))
        child.once('exit', (code, signal) => resolve(describeExit(code, signal)))
      })
      return { pid: child.pid ?? null, exit }
    } finally {
      closeSync(output)
    }
  }
}
