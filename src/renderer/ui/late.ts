import { onScopeDispose, type Ref, ref } from 'vue'

/** Longest that a page waits for what it could show at once with the rest. */
const patienceMs = 100

/** Whether the page has waited long enough: it then shows what it has. */
export function useLate(): Readonly<Ref<boolean>> {
  const isLate = ref(false)
  const timer = setTimeout(() => (isLate.value = true), patienceMs)
  onScopeDispose(() => clearTimeout(timer))
  return isLate
}
