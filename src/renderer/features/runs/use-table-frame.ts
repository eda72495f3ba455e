import { computed, type ComputedRef, onBeforeUnmount, ref, type Ref, watch } from 'vue'
import { actionsWidth, frameOf, type Layout, layoutOf, rangeOf, type TableFrame } from './table-frame.ts'
import { defaultNameWidth, type RunsTableState } from './use-runs-table.ts'

/** Width that is assumed until the box has one. */
const assumedWidth = 2560

/** Which columns are drawn where, for the width of the box that scrolls and its position. */
export function useTableFrame(
  box: Readonly<Ref<HTMLElement | null>>,
  { shown, nameWidth }: Pick<RunsTableState, 'shown' | 'nameWidth'>,
  rowHeight: Readonly<Ref<number>>,
): {
  layout: ComputedRef<Layout>
  frame: ComputedRef<TableFrame>
  columnTotal: ComputedRef<number>
  scrollLeft: Ref<number>
  /** Whether columns lie right of those in sight. */
  isCut: ComputedRef<boolean>
} {
  const boxWidth = ref(assumedWidth)
  const scrollLeft = ref(0)
  function measure(): void {
    const width = box.value?.clientWidth ?? 0
    if (width > 0) boxWidth.value = width
  }
  const observer = new ResizeObserver(measure)
  watch(
    box,
    (element) => {
      observer.disconnect()
      if (element === null) return
      observer.observe(element)
      // Before the rows are rendered, so that they are rendered once.
      measure()
    },
    { flush: 'post' },
  )
  onBeforeUnmount(() => observer.disconnect())

  const layout = computed(() =>
    layoutOf(shown.value, { width: nameWidth.value, isFixed: nameWidth.value !== defaultNameWidth }, boxWidth.value),
  )
  const range = computed(() => rangeOf(layout.value, scrollLeft.value, boxWidth.value - actionsWidth))
  const frame = computed(() => frameOf(layout.value, range.value, rowHeight.value))
  return {
    layout,
    frame,
    scrollLeft,
    isCut: computed(() => layout.value.width - scrollLeft.value > boxWidth.value + 1),
    /** Cells of a row, those for columns out of sight included. */
    columnTotal: computed(
      () =>
        frame.value.columns.length +
        3 +
        (frame.value.gapBefore === undefined ? 0 : 1) +
        (frame.value.gapAfter > 0 ? 1 : 0),
    ),
  }
}
