// @vitest-environment happy-dom
import ui from '@nuxt/ui/vue-plugin'
import { mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import { nextTick } from 'vue'
import LazySelect from '#renderer/ui/LazySelect.vue'

test('shows the chosen item, and creates its options when it is opened', async () => {
  const select = mount(LazySelect, {
    attachTo: document.body,
    props: {
      items: [
        { value: 'step', label: 'Step' },
        { value: 'epoch', label: 'Epoch' },
      ],
      size: 'sm',
      modelValue: 'epoch',
    },
    global: { plugins: [ui] },
    attrs: { 'aria-label': 'Horizontal axis' },
  })
  const button = select.get('[role=combobox]')
  expect(button.text()).toBe('Epoch')
  expect(button.attributes()).toMatchObject({ 'aria-label': 'Horizontal axis', 'aria-expanded': 'false' })
  expect(document.querySelectorAll('[role=option]')).toHaveLength(0)
  await button.trigger('click')
  await nextTick()
  await vi.waitFor(() => {
    expect(select.get('[role=combobox]').attributes('aria-expanded')).toBe('true')
    expect([...document.querySelectorAll('[role=option]')].map((option) => option.textContent)).toEqual([
      'Step',
      'Epoch',
    ])
  })
  expect(select.get('[role=combobox]').attributes('aria-label')).toBe('Horizontal axis')
  select.unmount()
})

test('shows its icon and its placeholder, and of many options creates those in sight', async () => {
  const select = mount(LazySelect, {
    attachTo: document.body,
    props: {
      items: Array.from({ length: 400 }, (_, index) => ({ value: String(index), label: `Class ${index}` })),
      size: 'sm',
      hasSearch: true,
      icon: 'i-lucide-arrow-up-down',
      placeholder: 'All classes',
      modelValue: '',
    },
    global: { plugins: [ui] },
  })
  expect(select.get('button').text()).toBe('All classes')
  expect(select.findAll('svg')).toHaveLength(2)
  await select.get('button').trigger('click')
  await vi.waitFor(() => expect(document.querySelector('[role=listbox]')).not.toBeNull())
  expect(document.querySelectorAll('[role=option]').length).toBeLessThan(100)
  select.unmount()
})
