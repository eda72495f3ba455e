import { ref, shallowRef } from 'vue'
import type { Sample } from '#contract/domain/dataset.ts'

/** A dialog about a sample: which one, undefined before the first, and whether it is open. */
export function useSampleDialog() {
  const sample = shallowRef<Sample>()
  const isOpen = ref(false)
  return {
    sample,
    isOpen,
    show(next: Sample): void {
      sample.value = next
      isOpen.value = true
    },
  }
}
