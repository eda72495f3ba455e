import { onScopeDispose, shallowRef, triggerRef, watch } from 'vue'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import { useStudio } from '../../api/client.ts'
import { useNotify } from '../../ui/notify.ts'
import { knownStepValue, type ReadStepValue, type StepValue, type StepValueKey } from './step-columns.ts'

/** A value belongs to an attempt: a resumed run computes steps again. */
interface Fetched {
  readonly attempt: number
  /** Undefined until the studio has answered. */
  found: StepValue | null | undefined
}

const textOf = ({ metric, step }: StepValueKey): string => `${metric} ${step}`

/**
 * Values of metrics at steps. Those within a series are asked for, for all runs at once.
 * @param wanted values that the table shows
 */
export function useStepValues(wanted: () => readonly StepValueKey[], runs: () => readonly Run[]): ReadStepValue {
  const { client, connection } = useStudio()
  const notify = useNotify()
  const values = shallowRef(new Map<string, Map<string, Fetched>>())
  const controller = new AbortController()
  onScopeDispose(() => controller.abort())

  async function fetch(key: StepValueKey, missing: readonly Run[]): Promise<void> {
    const known = values.value.get(textOf(key)) ?? new Map<string, Fetched>()
    values.value.set(textOf(key), known)
    const asked = new Map(missing.map(({ id, attempt }): [string, Fetched] => [id, { attempt, found: undefined }]))
    for (const [id, entry] of asked) known.set(id, entry)
    try {
      const found = await client.metrics.atStep(
        { name: key.metric, step: key.step, runIds: [...asked.keys()] },
        { signal: controller.signal },
      )
      for (const entry of asked.values()) entry.found = null
      for (const { runId, step, value } of found) {
        const entry = asked.get(runId)
        if (entry !== undefined) entry.found = { step, value: decodeMetric(value) }
      }
      triggerRef(values)
    } catch (cause) {
      notify.failure(cause)
    }
  }

  const isMissing = (key: StepValueKey, run: Run): boolean =>
    knownStepValue(key, run) === undefined && values.value.get(textOf(key))?.get(run.id)?.attempt !== run.attempt
  function fetchMissing(): void {
    for (const key of wanted()) {
      const missing = runs().filter((run) => isMissing(key, run))
      if (missing.length > 0) void fetch(key, missing)
    }
  }
  watch([wanted, runs], fetchMissing, { immediate: true })
  watch(connection, (state) => {
    if (state !== 'open') return
    // What was asked for before the connection was lost may never be answered.
    for (const known of values.value.values())
      for (const [id, { found }] of known) if (found === undefined) known.delete(id)
    fetchMissing()
  })

  return (key, run) => {
    const known = knownStepValue(key, run)
    if (known !== undefined) return known
    const entry = values.value.get(textOf(key))?.get(run.id)
    return entry?.attempt === run.attempt ? entry.found : undefined
  }
}
