import { ORPCError } from '@orpc/client'
import { z } from 'zod'
import { StudioError, errorReport, toStudioError } from '#contract/api/errors.ts'
import type { ErrorReport } from '#contract/api/errors.ts'

/** What oRPC says of input that the contract refuses. */
const refusal = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])).optional() })),
})

/** Turns whatever a call threw into what the person reads. */
export function toReport(thrown: unknown): ErrorReport {
  if (thrown instanceof ORPCError) {
    const report = errorReport.safeParse(thrown.data)
    if (report.success) return report.data
    const refused = refusal.safeParse(thrown.data)
    if (refused.success) {
      const message = refused.data.issues
        .map((issue) => [issue.path?.join('.'), issue.message].filter(Boolean).join(': '))
        .join(' ')
      return { code: 'bad-request', message, hint: 'Correct the field and try again.' }
    }
  }
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new StudioError('cancelled', 'Cancelled.', '').report()
  return toStudioError(thrown).report()
}

/** True where the person ended the call; nothing to report then. */
export const isCancelled = (thrown: unknown): boolean => toReport(thrown).code === 'cancelled'
