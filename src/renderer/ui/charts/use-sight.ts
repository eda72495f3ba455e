import { computed, type Directive, onScopeDispose, type Ref, ref, shallowRef, type ShallowRef, watch } from 'vue'

/** What of a long page is in sight. */
export interface Sight {
  /** Marks an element with a key. */
  vSight: Directive<HTMLElement, string>
  /** Keys of elements that are in sight, and of those that nearly are, once these may be prepared. */
  visible: Readonly<Ref<ReadonlySet<string>>>
  /** Keys of elements that are or were visible. */
  seen: Readonly<ShallowRef<ReadonlySet<string>>>
  /** What is in sight is complete: from the frame after the one that shows it, what is nearly in sight is visible as well. */
  prepareNearby(): void
}

/** How far from the edge of the window an element is nearly in sight. */
const nearbyMargin = '300px'

/**
 * Follows which elements are in sight, so that all that a scroll reveals is known at once. Those with the `assumed` keys are
 * taken to be, until the browser has laid out the page and tells.
 */
export function useSight(assumed: Iterable<string> = []): Sight {
  const keys = new WeakMap<Element, string>()
  const inSight = shallowRef<ReadonlySet<string>>(new Set(assumed))
  const nearby = shallowRef<ReadonlySet<string>>(new Set())
  const seen = shallowRef(inSight.value)
  const preparesNearby = ref(false)
  const visible = computed(() => (preparesNearby.value ? new Set([...inSight.value, ...nearby.value]) : inSight.value))

  const observers = [observe(inSight, '0px'), observe(nearby, nearbyMargin)]
  function observe(found: ShallowRef<ReadonlySet<string>>, rootMargin: string) {
    const change = (changes: readonly { target: Element; isIntersecting: boolean }[]): void => {
      const now = new Set(found.value)
      for (const { target, isIntersecting } of changes) {
        const key = keys.get(target)
        if (key === undefined) continue
        if (isIntersecting) now.add(key)
        else now.delete(key)
      }
      found.value = now
    }
    return { change, observer: new IntersectionObserver(change, { rootMargin }) }
  }

  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(visible, (now) => (seen.value = new Set([...seen.value, ...now])), { flush: 'sync' })
  onScopeDispose(() => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    for (const { observer } of observers) observer.disconnect()
  })

  return {
    vSight: {
      mounted(element, { value }) {
        keys.set(element, value)
        for (const { observer } of observers) observer.observe(element)
      },
      beforeUnmount(element) {
        for (const { observer, change } of observers) {
          observer.unobserve(element)
          change([{ target: element, isIntersecting: false }])
        }
      },
    },
    visible,
    seen,
    prepareNearby() {
      frame ??= requestAnimationFrame(() => {
        timer = setTimeout(() => (preparesNearby.value = true))
      })
    },
  }
}
