import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemCode } from '#contract/api/errors.ts'
import type { LaunchCode } from '#contract/domain/environment.ts'

const timeoutMs = 10_000

/**
 * Version of the studio, with its git commit if its folder is the root of a repository. Never rejects: a launch does not depend
 * on git, and what could not be read is said in `problem`.
 * @param root folder of the installation
 */
export async function readLaunchCode(studioVersion: string, root: string | undefined): Promise<LaunchCode> {
  // A repository above the installation has the commits of something else.
  if (root === undefined || !existsSync(join(root, '.git')))
    return { studioVersion, commit: null, isModified: null, problem: null }
  try {
    const commit = await git(root, 'rev-parse', 'HEAD')
    const changes = await git(root, 'status', '--porcelain')
    return { studioVersion, commit, isModified: changes !== '', problem: null }
  } catch (cause) {
    const reason =
      systemCode(cause) === 'ENOENT' ? 'git is not installed.' : cause instanceof Error ? cause.message : String(cause)
    const problem = `The git commit of ${root} could not be read: ${reason.trim().replaceAll(/\s+/g, ' ')}`
    return { studioVersion, commit: null, isModified: null, problem }
  }
}

async function git(folder: string, ...words: string[]): Promise<string> {
  const options = { cwd: folder, timeout: timeoutMs, windowsHide: true, maxBuffer: 2 ** 26 }
  // Reading the status must not wait for, or take, the lock of the index.
  const { stdout } = await promisify(execFile)('git', ['--no-optional-locks', ...words], options)
  return stdout.trim()
}
