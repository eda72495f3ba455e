import { type Ref, ref, shallowRef, type ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import { useCall } from './use-call.ts'

/** A cost as it is measured, one stage after another; the last event has all of them. */
type MeasurementEvent<Cost> =
  | { readonly type: 'progress'; readonly cost: Cost }
  | { readonly type: 'done'; readonly stages: readonly Cost[]; readonly warnings: readonly string[] }

export interface Measurement<Cost> {
  readonly measured: Readonly<ShallowRef<readonly Cost[]>>
  /** What was measured, as `subjectOf` describes it; empty before the first measurement. */
  readonly subject: Readonly<Ref<string>>
  readonly warnings: Readonly<ShallowRef<readonly string[]>>
  readonly error: Readonly<Ref<ErrorReport | null>>
  readonly isMeasuring: Readonly<Ref<boolean>>
  measure(): Promise<void>
  cancel(): void
}

/** Measures the cost of the stages of `request`. Cancelled when the component is unmounted. */
export function useMeasurement<Request, Cost>(
  request: () => Request | null,
  subjectOf: (request: Request) => string,
  costOf: (request: Request, signal: AbortSignal) => Promise<AsyncIterable<MeasurementEvent<Cost>>>,
): Measurement<Cost> {
  const { isBusy: isMeasuring, error, run, cancel } = useCall()
  const measured: ShallowRef<readonly Cost[]> = shallowRef([])
  const warnings = shallowRef<readonly string[]>([])
  const subject = ref('')

  async function measure(): Promise<void> {
    const wanted = request()
    if (wanted === null || isMeasuring.value) return
    ;[measured.value, warnings.value] = [[], []]
    subject.value = subjectOf(wanted)
    await run(async (signal) => {
      for await (const event of await costOf(wanted, signal)) {
        if (event.type === 'progress') measured.value = [...measured.value, event.cost]
        else [measured.value, warnings.value] = [event.stages, event.warnings]
      }
    })
  }

  return { measured, subject, warnings, error, isMeasuring, measure, cancel }
}
