import { onScopeDispose, type Ref, shallowRef, watch } from 'vue'
import type { PreviewPage } from './boxes.ts'

/** Previews are made in the background after an import, so a missing one is requested again with growing delays. */
const firstRetryMs = 2000
const lastRetryMs = 30_000

/** Chooses one of some pages. */
type PageOf = (pages: number) => number

/**
 * Loads an animated preview and draws one of its pages on the canvas: the first, or the one of `chooser`, if there is one and the
 * browser can decode single pages.
 * @returns the page that is drawn; undefined until the preview is loaded
 */
export function usePreview(
  url: () => string,
  canvas: Readonly<Ref<HTMLCanvasElement | null>>,
  chooser: () => PageOf | undefined,
): { still: Readonly<Ref<PreviewPage | undefined>> } {
  const still = shallowRef<PreviewPage>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let image: HTMLImageElement | undefined

  function load(address: string, retryMs: number): void {
    const current = new Image()
    image = current
    current.addEventListener('load', () => void show(current, address))
    current.addEventListener('error', () => {
      if (image === current) timer = setTimeout(() => load(address, Math.min(lastRetryMs, retryMs * 2)), retryMs)
    })
    current.src = address
  }

  async function show(current: HTMLImageElement, address: string): Promise<void> {
    const pageOf = chooser()
    const chosen = pageOf === undefined ? undefined : await decodePage(address, pageOf)
    if (image !== current || canvas.value === null) return chosen?.picture.close()
    canvas.value.width = current.naturalWidth
    canvas.value.height = current.naturalHeight
    canvas.value.getContext('2d')?.drawImage(chosen?.picture ?? current, 0, 0)
    chosen?.picture.close()
    still.value = chosen?.at ?? { page: 0, pages: 1 }
  }

  function stop(): void {
    clearTimeout(timer)
    image = undefined
  }

  watch(
    [url, canvas],
    ([address, target]) => {
      stop()
      still.value = undefined
      if (target !== null) load(address, firstRetryMs)
    },
    { immediate: true },
  )
  onScopeDispose(stop)
  return { still }
}

/** One page of an animated picture, which must be closed; undefined if the browser cannot decode single pages of it. */
async function decodePage(
  address: string,
  pageOf: PageOf,
): Promise<{ picture: VideoFrame; at: PreviewPage } | undefined> {
  if (!('ImageDecoder' in globalThis)) return undefined
  try {
    const answer = await fetch(address)
    const decoder = new ImageDecoder({ data: await answer.arrayBuffer(), type: 'image/webp' })
    try {
      await decoder.tracks.ready
      const pages = decoder.tracks.selectedTrack?.frameCount ?? 1
      const page = pageOf(pages)
      const { image } = await decoder.decode({ frameIndex: page })
      return { picture: image, at: { page, pages } }
    } finally {
      decoder.close()
    }
  } catch {
    // The picture itself was loaded: its first page is drawn.
    return undefined
  }
}
