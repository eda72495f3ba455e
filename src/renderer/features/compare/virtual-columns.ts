import { computed, onBeforeUnmount, ref, watch, type ComputedRef, type Ref } from 'vue'

/** Columns beyond the visible ones that are rendered on each side. */
const overscan = 3
/** Tables with fewer columns are rendered whole. */
const fewColumns = 24
/** Width that is assumed until the scrolling element has one. */
const assumedWidth = 1600

export interface VirtualColumns {
  /** Indices of the columns to render. */
  indices: ComputedRef<number[]>
  /** Width in pixels of the columns before and after them. */
  before: ComputedRef<number>
  after: ComputedRef<number>
}

/**
 * Renders the visible columns of a wide table of equally wide columns.
 * @param scroller the element that scrolls from side to side
 */
export function useVirtualColumns(
  scroller: Readonly<Ref<HTMLElement | null>>,
  columns: () => { count: number; width: number },
): VirtualColumns {
  const left = ref(0)
  const width = ref(assumedWidth)
  function locate(): void {
    const element = scroller.value
    if (element === null) return
    left.value = element.scrollLeft
    if (element.clientWidth > 0) width.value = element.clientWidth
  }
  const observer = new ResizeObserver(locate)
  watch(
    scroller,
    (element, former) => {
      former?.removeEventListener('scroll', locate)
      observer.disconnect()
      if (element === null) return
      element.addEventListener('scroll', locate, { passive: true })
      observer.observe(element)
      locate()
    },
    { immediate: true, flush: 'post' },
  )
  onBeforeUnmount(() => {
    observer.disconnect()
    scroller.value?.removeEventListener('scroll', locate)
  })

  const range = computed((): [from: number, to: number] => {
    const { count, width: each } = columns()
    if (count <= fewColumns) return [0, count]
    const from = Math.max(0, Math.floor(left.value / each) - overscan)
    return [from, Math.min(count, Math.ceil((left.value + width.value) / each) + overscan)]
  })
  return {
    indices: computed(() => Array.from({ length: range.value[1] - range.value[0] }, (_, at) => range.value[0] + at)),
    before: computed(() => range.value[0] * columns().width),
    after: computed(() => (columns().count - range.value[1]) * columns().width),
  }
}
