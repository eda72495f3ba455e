import { ORPCError } from '@orpc/client'
import { z } from 'zod'
import { StudioError, errorReport, toStudioError } from '#contract/api/errors.ts'
import type { ErrorReport } from '#contract/api/errors.ts'

/** Data of oRPC's error for input that violates the contract. */
const invalidInput = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.union([z.string(), z.number()])).optional() })),
})

/** The report to show for anything that a call threw. */
export function toReport(thrown: unknown): ErrorReport {
  if (thrown instanceof ORPCError) {
    const report = errorReport.safeParse(thrown.data)
    if (report.success) return report.data
    const invalid = invalidInput.safeParse(thrown.data)
    if (invalid.success) {
      const message = invalid.data.issues
        .map((issue) => [issue.path?.join('.'), issue.message].filter(Boolean).join(': '))
        .join(' ')
      return { code: 'bad-request', message, hint: 'Correct the field and try again.' }
    }
  }
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new StudioError('cancelled', 'Cancelled.', '').report()
  return toStudioError(thrown).report()
}

/** Whether the user cancelled the call, so that there is nothing to report. */
export const isCancelled = (thrown: unknown): boolean => toReport(thrown).code === 'cancelled'
