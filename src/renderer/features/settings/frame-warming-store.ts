import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { WarmResult } from '#contract/api/caches.ts'
import { useStudio } from '../../api/client.ts'
import { useStreamedCall } from '../../api/use-call.ts'

/** The videos of one dataset that are decoded ahead. It goes on while other pages are open, until the window is closed. */
export const useFrameWarming = defineStore('frame-warming', () => {
  const { client } = useStudio()
  const result = ref<WarmResult | null>(null)
  const { isBusy, progress, error, start, cancel } = useStreamedCall(
    (request: { dataset: string; imageSize: number }, signal) => client.frames.warm(request, { signal }),
  )

  async function warm(dataset: string, imageSize: number): Promise<void> {
    result.value = null
    result.value = (await start({ dataset, imageSize }))?.result ?? null
  }

  return { isBusy, progress, error, result, warm, cancel }
})
