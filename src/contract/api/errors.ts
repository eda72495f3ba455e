import { z } from 'zod'

/** Every way the studio can say no. Add a code here before using it; nothing invents one. */
export const errorCodes = [
  'bad-request',
  'not-found',
  'already-exists',
  'configuration-invalid',
  'preset-unknown',
  'dataset-empty',
  'dataset-broken',
  'dataset-one-class',
  'dataset-changed',
  'video-unreadable',
  'video-too-short',
  'checkpoint-invalid',
  'reference-differs',
  'engine-unavailable',
  'decoder-unavailable',
  'out-of-memory',
  'diverged',
  'disk-full',
  'run-state',
  'run-failed',
  'workspace-in-use',
  'workspace-read-only',
  'workspace-newer',
  'port-in-use',
  'cancelled',
  'disconnected',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** An error as it crosses a border: what happened, and what to do about it. */
export const errorReport = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string(),
})
export type ErrorReport = z.infer<typeof errorReport>

/** An error meant for the person: `message` names the file or field, `hint` says what to do. */
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

/** Turns anything thrown into a `StudioError`, once, at a border; the cause and its stack are kept. */
export function toStudioError(cause: unknown): StudioError {
  if (cause instanceof StudioError) return cause
  const report = errorReport.safeParse(cause)
  if (report.success) return new StudioError(report.data.code, report.data.message, report.data.hint, { cause })
  if (systemCode(cause) === 'ENOSPC') {
    return new StudioError('disk-full', 'The disk is full.', 'Free some space, then resume the run.', { cause })
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return new StudioError('internal', message, 'This is a defect of the studio. Please report it with the log.', {
    cause,
  })
}

/** The `code` of a Node.js system error (`ENOENT`, `EADDRINUSE`, ...), if it is one. */
export function systemCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined
  return typeof cause.code === 'string' ? cause.code : undefined
}
