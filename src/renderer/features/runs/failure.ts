import type { ErrorReport } from '#contract/api/errors.ts'
import type { LogLine, Run } from '#contract/domain/run.ts'

/** Lines of the log that go with a failure. */
export const tailLength = 50

/** A failure as text, for a message to a colleague. */
export function failureText(
  run: Pick<Run, 'id' | 'status' | 'step' | 'totalSteps' | 'attempt' | 'engine' | 'dataset' | 'preset'>,
  error: ErrorReport,
  log: readonly LogLine[],
): string {
  const head = [
    `Run ${run.id} ${run.status} at step ${run.step}${run.totalSteps === null ? '' : ` of ${run.totalSteps}`} (attempt ${run.attempt}, engine ${run.engine ?? 'not chosen yet'}, dataset ${run.dataset}, preset ${run.preset})`,
    `${error.code}: ${error.message}`,
    error.hint,
  ]
  const tail = log.slice(-tailLength).map((line) => `${line.at} ${line.level} ${line.message}`)
  return [...head.filter((line) => line !== ''), ...(tail.length > 0 ? ['', ...tail] : [])].join('\n')
}
