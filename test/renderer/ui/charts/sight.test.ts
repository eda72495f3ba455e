// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineComponent, h, withDirectives } from 'vue'
import { useSight } from '#renderer/ui/charts/use-sight.ts'

type Report = (entries: { target: Element; isIntersecting: boolean }[]) => void

/** Observers by their margin. */
const reports = new Map<string, Report>()
const observed = new Map<string, Set<Element>>()

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      readonly #elements = new Set<Element>()
      constructor(callback: Report, { rootMargin }: { rootMargin: string }) {
        reports.set(rootMargin, callback)
        observed.set(rootMargin, this.#elements)
      }
      observe = (element: Element) => this.#elements.add(element)
      unobserve = (element: Element) => this.#elements.delete(element)
      disconnect = () => this.#elements.clear()
    },
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A page of elements that shows which are visible and which were. */
function openPage(keys: string[]) {
  let prepare: (() => void) | undefined
  const page = mount(
    defineComponent({
      props: { keys: { type: Array<string>, required: true } },
      setup(props) {
        const { vSight, visible, seen, prepareNearby } = useSight()
        prepare = prepareNearby
        return () => [
          ...props.keys.map((key) => withDirectives(h('i', { key, id: key }), [[vSight, key]])),
          h('p', `${[...visible.value].join()}; ${[...seen.value].join()}`),
        ]
      },
    }),
    { props: { keys } },
  )
  return {
    page,
    prepareNearby: () => prepare?.(),
    text: () => page.get('p').text(),
    async change(margin: string, key: string, isIntersecting: boolean) {
      reports.get(margin)?.([{ target: page.get(`#${key}`).element, isIntersecting }])
      await page.vm.$nextTick()
    },
  }
}

test('follows what is in sight, and forgets what is removed', async () => {
  const { page, text, change } = openPage(['a', 'b', 'c'])
  expect([...observed.values()].map(({ size }) => size)).toEqual([3, 3])
  await change('0px', 'a', true)
  await change('0px', 'b', true)
  expect(text()).toBe('a,b; a,b')
  await change('0px', 'a', false)
  expect(text()).toBe('b; a,b')
  await page.setProps({ keys: ['a', 'c'] })
  await page.vm.$nextTick()
  expect(text()).toBe('; a,b')
  expect([...observed.values()].map(({ size }) => size)).toEqual([2, 2])
  page.unmount()
  expect([...observed.values()].map(({ size }) => size)).toEqual([0, 0])
})

test('prepares what is nearly in sight after the frame that shows all that is in sight', async () => {
  const { page, text, change, prepareNearby } = openPage(['a', 'b', 'c'])
  await change('0px', 'a', true)
  await change('300px', 'a', true)
  await change('300px', 'b', true)
  expect(text()).toBe('a; a')
  prepareNearby()
  await page.vm.$nextTick()
  expect(text()).toBe('a; a')
  vi.advanceTimersToNextFrame()
  vi.runAllTimers()
  await page.vm.$nextTick()
  expect(text()).toBe('a,b; a,b')
  // From now on what comes near is prepared at once.
  await change('300px', 'c', true)
  expect(text()).toBe('a,b,c; a,b,c')
})
