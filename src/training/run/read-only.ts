import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'

/** An error of a folder that must not be written becomes a sentence about the run's folder; any other is returned unchanged. */
export function explainReadOnly(cause: unknown, folder: string): unknown {
  if (!['EROFS', 'EACCES', 'EPERM'].includes(systemCode(cause) ?? '')) return cause
  // A path elsewhere, such as that of a video, has another remedy.
  if (cause instanceof Error && 'path' in cause && typeof cause.path === 'string' && !cause.path.startsWith(folder))
    return cause
  return new StudioError(
    'workspace-read-only',
    `The folder of the run, ${folder}, cannot be written: ${systemProblem(cause)?.problem ?? 'permission denied'}.`,
    'Make it writable, then resume the run: it continues from its last checkpoint.',
    { cause },
  )
}

/** Does what only tidies up at the end of a run: a folder that cannot be written must not hide how the run ended. */
export function tidyUp(action: () => void): void {
  try {
    action()
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
  }
}
