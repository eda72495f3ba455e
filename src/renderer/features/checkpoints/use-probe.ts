import { onScopeDispose, ref, shallowRef } from 'vue'
import type { Ref } from 'vue'
import type { ErrorReport } from '#contract/errors.ts'
import type { ProbeProgress, ProbeRecord, ProbeRequest } from '#contract/probe.ts'
import { useStudio } from '../../api/client.ts'
import { isCancelled, toReport } from '../../api/errors.ts'

export interface Probing {
  isBusy: Readonly<Ref<boolean>>
  /** Null until the training process tells. */
  progress: Readonly<Ref<ProbeProgress | null>>
  error: Readonly<Ref<ErrorReport | null>>
  /** The measurement, or undefined when it failed or was cancelled. */
  start(request: ProbeRequest): Promise<ProbeRecord | undefined>
  cancel(): void
}

/** One measurement at a time, with its progress and its end. Cancelled when its owner goes away. */
export function useProbe(): Probing {
  const { client } = useStudio()
  const isBusy = ref(false)
  const progress = shallowRef<ProbeProgress | null>(null)
  const error = ref<ErrorReport | null>(null)
  let controller = new AbortController()

  async function start(request: ProbeRequest): Promise<ProbeRecord | undefined> {
    const mine = new AbortController()
    controller = mine
    isBusy.value = true
    error.value = null
    progress.value = null
    try {
      for await (const event of await client.probes.run(request, { signal: mine.signal })) {
        if (event.type === 'done') return event.probe
        progress.value = event.progress
      }
    } catch (cause) {
      if (!mine.signal.aborted && !isCancelled(cause)) error.value = toReport(cause)
    } finally {
      isBusy.value = false
    }
    return undefined
  }

  onScopeDispose(() => controller.abort())
  return { isBusy, progress, error, start, cancel: () => controller.abort() }
}
