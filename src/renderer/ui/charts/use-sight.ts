import { type Directive, onScopeDispose, shallowRef, type ShallowRef } from 'vue'

/** What of a long page is in sight. */
export interface Sight {
  /** Marks an element with a key. */
  vSight: Directive<HTMLElement, string>
  /** Keys of elements that are in sight, or nearly. */
  visible: Readonly<ShallowRef<ReadonlySet<string>>>
  /** Keys of elements that are or were in sight. */
  seen: Readonly<ShallowRef<ReadonlySet<string>>>
}

/** Follows which elements are in sight with one observer, so that all that a scroll reveals is known at once. */
export function useSight(): Sight {
  const keys = new WeakMap<Element, string>()
  const visible = shallowRef<ReadonlySet<string>>(new Set())
  const seen = shallowRef<ReadonlySet<string>>(new Set())

  function change(changes: readonly { target: Element; isIntersecting: boolean }[]): void {
    const now = new Set(visible.value)
    for (const { target, isIntersecting } of changes) {
      const key = keys.get(target)
      if (key === undefined) continue
      if (isIntersecting) now.add(key)
      else now.delete(key)
    }
    visible.value = now
    seen.value = new Set([...seen.value, ...now])
  }
  const observer = new IntersectionObserver(change, { rootMargin: '300px' })
  onScopeDispose(() => observer.disconnect())

  return {
    vSight: {
      mounted(element, { value }) {
        keys.set(element, value)
        observer.observe(element)
      },
      beforeUnmount(element) {
        observer.unobserve(element)
        change([{ target: element, isIntersecting: false }])
      },
    },
    visible,
    seen,
  }
}
