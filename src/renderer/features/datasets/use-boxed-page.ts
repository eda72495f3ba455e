import { type Ref, shallowRef, watch } from 'vue'
import type { PreviewPage } from './boxes.ts'

/**
 * Draws one page of an animated preview on the canvas, if the browser can decode single pages.
 * @param url undefined draws nothing
 * @param pageOf chooses one of some pages
 * @returns the page that is drawn
 */
export function useBoxedPage(
  url: () => string | undefined,
  canvas: Readonly<Ref<HTMLCanvasElement | null>>,
  pageOf: (pages: number) => number,
): Readonly<Ref<PreviewPage | undefined>> {
  const drawn = shallowRef<PreviewPage>()
  watch(
    [url, canvas],
    async ([address, target], _, onCleanup) => {
      let isCurrent = true
      onCleanup(() => (isCurrent = false))
      drawn.value = undefined
      if (address === undefined || target === null) return
      const decoded = await decodePage(address, pageOf)
      if (decoded === undefined) return
      if (isCurrent) {
        target.width = decoded.picture.displayWidth
        target.height = decoded.picture.displayHeight
        target.getContext('2d')?.drawImage(decoded.picture, 0, 0)
        drawn.value = decoded.at
      }
      decoded.picture.close()
    },
    { immediate: true },
  )
  return drawn
}

/** One page of an animated picture, which must be closed; undefined if the browser cannot decode single pages of it. */
async function decodePage(
  address: string,
  pageOf: (pages: number) => number,
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
    // The first page is shown, without boxes.
    return undefined
  }
}
