import { type Ref, ref, watch } from 'vue'

/** Whether something was opened at least once: dialogs and menus are created when they are first needed, and kept for their closing. */
export function useOpened(isOpen: () => boolean): Readonly<Ref<boolean>> {
  const wasOpened = ref(false)
  watch(
    isOpen,
    (opens) => {
      if (opens) wasOpened.value = true
    },
    { immediate: true },
  )
  return wasOpened
}
