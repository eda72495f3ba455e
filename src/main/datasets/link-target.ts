import { realpathSync, statSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'

/** What a link leads to. */
export interface LinkTarget {
  /** Without links. */
  readonly path: string
  readonly isFolder: boolean
  readonly isFile: boolean
}

/** @throws a system error if the target cannot be read */
export function targetOf(link: string): LinkTarget | 'dead-link' | 'link-loop' {
  try {
    const path = realpathSync(link)
    const stat = statSync(path)
    return { path, isFolder: stat.isDirectory(), isFile: stat.isFile() }
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'dead-link'
    if (code === 'ELOOP') return 'link-loop'
    throw cause
  }
}
