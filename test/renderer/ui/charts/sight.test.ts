// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { defineComponent, h, withDirectives } from 'vue'
import { useSight } from '#renderer/ui/charts/use-sight.ts'

afterEach(() => vi.unstubAllGlobals())

test('follows what is in sight, and forgets what is removed', async () => {
  let report: ((entries: { target: Element; isIntersecting: boolean }[]) => void) | undefined
  const observed = new Set<Element>()
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(callback: NonNullable<typeof report>) {
        report = callback
      }
      observe = (element: Element) => observed.add(element)
      unobserve = (element: Element) => observed.delete(element)
      disconnect = () => observed.clear()
    },
  )
  const page = mount(
    defineComponent({
      props: { keys: { type: Array<string>, required: true } },
      setup(props) {
        const { vSight, visible, seen } = useSight()
        return () => [
          ...props.keys.map((key) => withDirectives(h('i', { key, id: key }), [[vSight, key]])),
          h('p', `${[...visible.value].join()}; ${[...seen.value].join()}`),
        ]
      },
    }),
    { props: { keys: ['a', 'b', 'c'] } },
  )
  const change = async (key: string, isIntersecting: boolean) => {
    report?.([{ target: page.get(`#${key}`).element, isIntersecting }])
    await page.vm.$nextTick()
  }
  expect(observed.size).toBe(3)
  await change('a', true)
  await change('b', true)
  expect(page.get('p').text()).toBe('a,b; a,b')
  await change('a', false)
  expect(page.get('p').text()).toBe('b; a,b')
  await page.setProps({ keys: ['a', 'c'] })
  await page.vm.$nextTick()
  expect(page.get('p').text()).toBe('; a,b')
  expect(observed.size).toBe(2)
  page.unmount()
  expect(observed.size).toBe(0)
})
