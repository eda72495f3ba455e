// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import { defineComponent, h, nextTick, onUpdated, useTemplateRef } from 'vue'
import { useVirtualRows } from '#renderer/ui/virtual-rows.ts'

/** A list of rows of 40 px in a box, and how often it was rendered again. */
function list(count: number) {
  let updates = 0
  const List = defineComponent({
    setup() {
      const host = useTemplateRef<HTMLElement>('host')
      const { items } = useVirtualRows(host, () => ({ count, sizeOf: () => 40, overscan: 5 }))
      onUpdated(() => updates++)
      return () =>
        h('div', { 'data-scrolls': '' }, [
          h(
            'ul',
            { ref: 'host' },
            items.value.map(({ index }) => h('li', { key: index }, String(index))),
          ),
        ])
    },
  })
  const shown = mount(List, { attachTo: document.body })
  return { shown, updates: () => updates, rows: () => shown.findAll('li').length }
}

test('rows are rendered once it is known which are visible, and those around them two frames later', async () => {
  const { shown, updates, rows } = list(1000)
  expect(rows()).toBe(0)
  await nextTick()
  // Without a layout the box is assumed to be 1,000 px high.
  expect(rows()).toBe(25)
  expect(updates()).toBe(1)
  await vi.waitFor(() => expect(rows()).toBe(30))
  shown.unmount()
})

test('a short list is complete at once', async () => {
  const { shown, rows } = list(7)
  await nextTick()
  expect(rows()).toBe(7)
  shown.unmount()
})
