import { shallowRef } from 'vue'
import type { Ref } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { ProbeProgress, ProbeRecord, ProbeRequest } from '#contract/domain/probe.ts'
import { useStudio } from '../../api/client.ts'
import { useLongCall } from '../../api/use-long-call.ts'

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
  const { isBusy, error, run, cancel } = useLongCall()
  const progress = shallowRef<ProbeProgress | null>(null)

  async function start(request: ProbeRequest): Promise<ProbeRecord | undefined> {
    progress.value = null
    return await run(async (signal) => {
      for await (const event of await client.probes.run(request, { signal })) {
        if (event.type === 'done') return event.probe
        progress.value = event.progress
      }
      return undefined
    })
  }

  return { isBusy, progress, error, start, cancel }
}
