import { observeElementRect, useVirtualizer, type VirtualItem } from '@tanstack/vue-virtual'
import { computed, onBeforeUnmount, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'

/** Height that is assumed until the scrolling element has one. */
const assumedHeight = 1000

export interface VirtualRows {
  /** Rows to render. */
  items: ComputedRef<VirtualItem[]>
  /** Height in pixels of the rows that are not rendered before and after them. */
  before: ComputedRef<number>
  after: ComputedRef<number>
  /** Height of all rows in pixels. */
  height: ComputedRef<number>
  /** Offset in pixels of a row in the list. */
  offsetOf(item: VirtualItem): number
  /** Use as `ref` of a rendered row that has `data-index`, if rows may be higher than `sizeOf` says. */
  measure(row: unknown): void
  show(index: number): void
  /** Call after a change of `sizeOf`. */
  remeasure(): void
}

/**
 * Renders the visible rows of a long list. The list scrolls with the nearest ancestor that has `data-scrolls`, so that the page
 * has no second scroll box.
 */
export function useVirtualRows(
  host: Readonly<Ref<HTMLElement | null>>,
  rows: () => { count: number; sizeOf: (index: number) => number; overscan?: number },
): VirtualRows {
  const scroller = shallowRef<HTMLElement | null>(null)
  /** Height of what is above the list in the scrolling element. */
  const margin = ref(0)
  /** Rows are first rendered when it is known which are in sight, and only those: they are drawn a frame earlier. */
  const stage = ref<'unplaced' | 'visible' | 'complete'>('unplaced')
  const virtualizer = useVirtualizer<HTMLElement, HTMLElement>(
    computed(() => {
      const { count, sizeOf, overscan = 12 } = rows()
      return {
        count: stage.value === 'unplaced' ? 0 : count,
        estimateSize: sizeOf,
        overscan: stage.value === 'complete' ? overscan : 0,
        getScrollElement: () => scroller.value,
        scrollMargin: margin.value,
        initialRect: { width: assumedHeight, height: assumedHeight },
        // A hidden page has no height, and still needs rows.
        observeElementRect: (instance, onRect) =>
          observeElementRect(instance, (rect) => {
            if (rect.height > 0) onRect(rect)
          }),
        measureElement: (element) =>
          element.offsetHeight > 0 ? element.offsetHeight : sizeOf(Number(element.dataset['index'])),
      }
    }),
  )

  function locate(): void {
    if (host.value === null || scroller.value === null) return
    const top = host.value.getBoundingClientRect().top - scroller.value.getBoundingClientRect().top
    margin.value = Math.round(top + scroller.value.scrollTop)
  }
  const observer = new ResizeObserver(locate)
  watch(
    host,
    (element) => {
      observer.disconnect()
      scroller.value = element?.closest<HTMLElement>('[data-scrolls]') ?? null
      if (element === null) return
      // The content grows when something above the list does.
      for (const content of scroller.value?.children ?? []) observer.observe(content)
      locate()
      if (stage.value !== 'unplaced') return
      stage.value = 'visible'
      drawn = requestAnimationFrame(() => {
        drawn = requestAnimationFrame(() => (stage.value = 'complete'))
      })
    },
    { immediate: true, flush: 'post' },
  )
  let drawn = 0
  onBeforeUnmount(() => {
    observer.disconnect()
    cancelAnimationFrame(drawn)
  })

  const items = computed(() => virtualizer.value.getVirtualItems())
  return {
    items,
    before: computed(() => Math.max(0, (items.value[0]?.start ?? margin.value) - margin.value)),
    after: computed(() => {
      const end = items.value.at(-1)?.end
      return end === undefined ? 0 : Math.max(0, virtualizer.value.getTotalSize() - (end - margin.value))
    }),
    height: computed(() => virtualizer.value.getTotalSize()),
    offsetOf: (item) => item.start - margin.value,
    measure: (row) => virtualizer.value.measureElement(row instanceof HTMLElement ? row : null),
    show: (index) => virtualizer.value.scrollToIndex(index),
    remeasure: () => virtualizer.value.measure(),
  }
}
