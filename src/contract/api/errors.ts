import { z } from 'zod'

/** All error codes. An error with a code also has a message that names the file or field, and a hint that says what to do. */
export const errorCodes = [
  /** An argument or option is missing, unknown or not allowed here. */
  'bad-request',
  /** Nothing in the workspace has this name or id. */
  'not-found',
  /** The name or path is taken, and the existing item is not replaced. */
  'already-exists',
  /** A field of a configuration has a value that it does not accept, or two fields contradict each other. */
  'configuration-invalid',
  /** No preset has this name. */
  'preset-unknown',
  /** A folder contains no video that can be used. */
  'dataset-empty',
  /** The manifest or an index file such as `labels.csv` cannot be read. */
  'dataset-broken',
  /** Fine-tuning or testing needs at least two classes with videos. */
  'dataset-one-class',
  /** Files of a dataset differ from those that were imported. */
  'dataset-changed',
  /** A video file is damaged or in a format that no decoder reads. */
  'video-unreadable',
  /** No video has as many frames as a clip takes. */
  'video-too-short',
  /** A model file is missing, damaged, or not of the expected layout. */
  'checkpoint-invalid',
  /** Numbers differ from the recorded ones by more than the tolerance. */
  'reference-differs',
  /** An engine is not installed, or fails on this machine. */
  'engine-unavailable',
  /** Neither node-av nor ffmpeg can be used to decode video. */
  'decoder-unavailable',
  /** A process needed more memory than is available. */
  'out-of-memory',
  /** The system refuses another process, thread or open file. */
  'system-limit',
  /** The loss is no longer a number. */
  'diverged',
  /** The disk of the workspace is full. */
  'disk-full',
  /** A run is in a state that does not allow the action, such as stopping a finished run. */
  'run-state',
  /** The process of a run ended with an error that has no other code. */
  'run-failed',
  /** Another studio has the workspace open. */
  'workspace-in-use',
  /** The workspace cannot be written to. */
  'workspace-read-only',
  /** A newer version of the studio wrote the workspace. */
  'workspace-newer',
  /** Another program listens on the port. */
  'port-in-use',
  /** The action was stopped on request. */
  'cancelled',
  /** The window lost its connection to the studio. */
  'disconnected',
  /** A defect of the studio: an error without another code. */
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** An error as it crosses a process border. */
export const errorReport = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string(),
})
export type ErrorReport = z.infer<typeof errorReport>

/** An error for people: `message` names the file or field, `hint` says what to do. */
export class StudioError extends Error {
  readonly code: ErrorCode
  readonly hint: string

  constructor(code: ErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StudioError'
    this.code = code
    this.hint = hint
  }

  report(): ErrorReport {
    return { code: this.code, message: this.message, hint: this.hint }
  }
}

/** Converts anything thrown into a `StudioError` at a process border. Keeps the cause with its stack. */
export function toStudioError(cause: unknown): StudioError {
  if (cause instanceof StudioError) return cause
  const report = errorReport.safeParse(cause)
  if (report.success) return new StudioError(report.data.code, report.data.message, report.data.hint, { cause })
  if (isDiskFull(cause)) {
    return new StudioError(
      'disk-full',
      'The disk is full.',
      'Free some space, then try again. A run continues when it is resumed.',
      {
        cause,
      },
    )
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(systemCode(cause) ?? ''))
    return new StudioError(
      'internal',
      'The database of the workspace is damaged.',
      'Close the studio and open it again: the database is then rebuilt from the files of the workspace. Nothing is lost.',
      { cause },
    )
  const limit = systemLimit(cause)
  if (limit !== undefined) return new StudioError('system-limit', limit.problem, limit.hint, { cause })
  const system = systemProblem(cause)
  if (system !== undefined && cause instanceof Error && 'path' in cause && typeof cause.path === 'string')
    return new StudioError('bad-request', `${cause.path} cannot be used: ${system.problem}.`, system.hint, { cause })
  const message = cause instanceof Error ? cause.message : String(cause)
  return new StudioError('internal', message, 'This is a defect of the studio. Please report it with the log.', {
    cause,
  })
}

/** The error with a remedy among an error and its causes, such as the one that names what is wrong with a graphics card. */
export function explanationOf(cause: unknown): StudioError | undefined {
  if (cause instanceof StudioError) return cause
  return cause instanceof Error && cause.cause !== undefined ? explanationOf(cause.cause) : undefined
}

/** The `code` of a Node.js system error (`ENOENT`, `EADDRINUSE`, ...), if it is one. */
export function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined
  return typeof cause.code === 'string' ? cause.code : undefined
}

/** SQLite gives the last one if it cannot allocate the shared memory beside a database, which it does when it opens one. */
const fullDiskCodes: readonly string[] = ['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']

/** Whether the disk, or the share of it that the user may fill, has no space left. */
export const isDiskFull = (cause: unknown): boolean => fullDiskCodes.includes(systemCode(cause) ?? '')

interface SystemProblem {
  /** Continues a sentence: `permission denied`. */
  readonly problem: string
  readonly hint: string
}

const permission: SystemProblem = { problem: 'permission denied', hint: 'Change its permissions.' }
const tooManyFiles: SystemProblem = {
  problem: 'too many files are open',
  hint: 'Close other programs, or raise the limit (ulimit -n).',
}

/** System errors that have their cause outside the studio. A missing file is not among them: it means something else in each case. */
const systemProblems: Readonly<Record<string, SystemProblem>> = {
  EACCES: permission,
  EPERM: permission,
  ENAMETOOLONG: { problem: 'its path is too long', hint: 'Choose a shorter path, or shorten names of its folders.' },
  EROFS: { problem: 'its file system is read-only', hint: 'Choose another folder, or mount it for writing.' },
  ELOOP: { problem: 'its links form a loop', hint: 'Correct the links.' },
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EIO: { problem: 'the disk reports an error', hint: 'Check the disk, or restore the file from a backup.' },
}

/** The limit of the system that an error reports, by its code or, from native libraries and threads, by its message: a sentence and what to do. */
export function systemLimit(cause: unknown): SystemProblem | undefined {
  const code = systemCode(cause)
  const message = cause instanceof Error ? cause.message : ''
  if (code === 'EMFILE' || code === 'ENFILE' || /\b(EMFILE|ENFILE)\b|too many open files/i.test(message))
    return { problem: 'Too many files are open.', hint: tooManyFiles.hint }
  if (code === 'EAGAIN' || /\bEAGAIN\b|resource temporarily unavailable|pthread_create/i.test(message))
    return {
      problem: 'The system refuses to start another process or thread.',
      hint: 'Close other programs, or raise the limit of processes (ulimit -u, or pids.max of a container), then resume the run.',
    }
  return undefined
}

/** What a Node.js system error means for a person and what to do; undefined for an error with another cause. */
export function systemProblem(cause: unknown): SystemProblem | undefined {
  const code = systemCode(cause)
  return code !== undefined && Object.hasOwn(systemProblems, code) ? systemProblems[code] : undefined
}
