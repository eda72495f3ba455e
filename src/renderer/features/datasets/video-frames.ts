import { onScopeDispose, ref, type Ref, shallowReactive, watch } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import { type FramesPage, maxPageFrames } from '#contract/domain/video-frames.ts'
import { isCancelled, toReport } from '../../api/errors.ts'
import { type FrameStrip, openStrip } from './frame-strip.ts'

/** A frame of a strip. */
export interface ShownFrame {
  readonly strip: FrameStrip
  readonly index: number
}

/** Pages that are kept: about ten seconds of video. */
const keptPages = 12

const pageOf = (frame: number): number => Math.floor(frame / maxPageFrames)

/** The frames of a video, which are fetched in pages: that of the shown frame, then the next one. */
export function useVideoFrames(
  frame: Readonly<Ref<number>>,
  frameCount: () => number,
  fetch: (from: number, count: number, signal: AbortSignal) => Promise<FramesPage>,
) {
  const pages = shallowReactive(new Map<number, FrameStrip>())
  const error = ref<ErrorReport | null>(null)
  let loading: { page: number; abort: AbortController } | undefined

  /** The page to fetch next: that of the frame, or the one after it. */
  function wanted(): number | undefined {
    const page = pageOf(frame.value)
    return [page, page + 1].find((one) => one * maxPageFrames < frameCount() && !pages.has(one))
  }

  async function load(): Promise<void> {
    const page = wanted()
    if (page === undefined || loading?.page === page) return
    loading?.abort.abort()
    const mine = { page, abort: new AbortController() }
    loading = mine
    try {
      const from = page * maxPageFrames
      const found = await fetch(from, Math.min(maxPageFrames, frameCount() - from), mine.abort.signal)
      if (mine.abort.signal.aborted) return
      error.value = null
      keep(page, found)
    } catch (cause) {
      if (mine.abort.signal.aborted || isCancelled(cause)) return
      error.value = toReport(cause)
      return
    } finally {
      if (loading === mine) loading = undefined
    }
    void load()
  }

  function keep(page: number, found: FramesPage): void {
    pages.set(page, openStrip(found, found.count))
    const [oldest] = pages.keys()
    if (pages.size > keptPages && oldest !== undefined && oldest !== pageOf(frame.value)) drop(oldest)
  }

  function drop(page: number): void {
    const known = pages.get(page)
    if (known !== undefined) URL.revokeObjectURL(known.url)
    pages.delete(page)
  }

  /** Undefined until the frame is there. */
  function shown(): ShownFrame | undefined {
    const strip = pages.get(pageOf(frame.value))
    const index = frame.value % maxPageFrames
    return strip === undefined || index >= strip.count ? undefined : { strip, index }
  }

  watch(frame, () => void load(), { immediate: true })
  onScopeDispose(() => {
    loading?.abort.abort()
    for (const page of pages.keys()) drop(page)
  })
  return { shown, error }
}
