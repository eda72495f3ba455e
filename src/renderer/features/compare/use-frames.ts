import { useIntervalFn } from '@vueuse/core'
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { addressWhole, useAddress } from '../../ui/address.ts'

const framesPerSecond = 8

export interface Frames {
  /** Index of the frame that every picture shows. */
  frame: ComputedRef<number>
  isPlaying: Readonly<Ref<boolean>>
  /** Shows a frame and stops playing. */
  show(index: number): void
  toggle(): void
}

/** The frame of all pictures of a page, kept in the address as a number from 1, and played in a loop. */
export function useFrames(count: () => number): Frames {
  const chosen = useAddress('frame', addressWhole)
  /** While frames are played, the address keeps the frame at which it began. */
  const played = ref<number>()
  const within = (index: number) => Math.min(Math.max(0, index), Math.max(0, count() - 1))
  const frame = computed(() => within(played.value ?? (chosen.value ?? 1) - 1))
  const { pause, resume, isActive } = useIntervalFn(
    () => (played.value = (frame.value + 1) % Math.max(1, count())),
    1000 / framesPerSecond,
    { immediate: false },
  )
  function show(index: number): void {
    pause()
    played.value = undefined
    const next = within(index)
    chosen.value = next === 0 ? undefined : next + 1
  }
  // Back and a copied link lead to a frame.
  watch(chosen, () => {
    if (!isActive.value) return
    pause()
    played.value = undefined
  })
  return {
    frame,
    isPlaying: isActive,
    show,
    toggle: () => (isActive.value ? show(frame.value) : resume()),
  }
}
