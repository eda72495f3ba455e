import { onScopeDispose, ref, watch } from 'vue'
import type { Ref } from 'vue'

/** Previews are made in the background after an import, so a missing one is requested again with growing delays. */
const firstRetryMs = 2000
const lastRetryMs = 30_000

/** Loads an animated preview and draws its first frame on the canvas. `isReady` becomes true when the preview is loaded. */
export function usePreview(
  url: () => string,
  canvas: Readonly<Ref<HTMLCanvasElement | null>>,
): { isReady: Readonly<Ref<boolean>> } {
  const isReady = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let image: HTMLImageElement | undefined

  function load(address: string, retryMs: number): void {
    const current = new Image()
    image = current
    current.addEventListener('load', () => {
      if (image !== current || canvas.value === null) return
      canvas.value.width = current.naturalWidth
      canvas.value.height = current.naturalHeight
      canvas.value.getContext('2d')?.drawImage(current, 0, 0)
      isReady.value = true
    })
    current.addEventListener('error', () => {
      if (image === current) timer = setTimeout(() => load(address, Math.min(lastRetryMs, retryMs * 2)), retryMs)
    })
    current.src = address
  }

  function stop(): void {
    clearTimeout(timer)
    image = undefined
  }

  watch(
    [url, canvas],
    ([address, target]) => {
      stop()
      isReady.value = false
      if (target !== null) load(address, firstRetryMs)
    },
    { immediate: true },
  )
  onScopeDispose(stop)
  return { isReady }
}
