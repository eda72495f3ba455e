// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { nextTick } from 'vue'
import QueryInput from '#renderer/ui/query/QueryInput.vue'

const keys = [
  { key: 'status', label: 'Status', kind: 'text', unit: '', group: '', help: '', values: ['failed', 'finished'] },
  { key: 'star', label: 'Star', kind: 'flag', unit: '', group: '', help: '', values: ['on', 'off'] },
] as const

async function typed(text: string) {
  let value = ''
  const page = mount(QueryInput, {
    attachTo: document.body,
    props: {
      keys,
      label: 'Filter runs',
      modelValue: '',
      'onUpdate:modelValue': (next: string) => {
        value = next
        void page.setProps({ modelValue: next })
      },
    },
  })
  const input = page.get('input')
  await input.setValue(text)
  await nextTick()
  return { page, input, value: () => value }
}

test('arrow keys choose, Enter takes, Escape closes', async () => {
  const { page, input, value } = await typed('status:f')
  expect(input.attributes('role')).toBe('combobox')
  expect(page.findAll('[role=option]').map((option) => option.text())).toEqual(['failed', 'finished'])
  await input.trigger('keydown', { key: 'ArrowDown' })
  await nextTick()
  expect(page.get('[aria-selected=true]').text()).toBe('failed')
  expect(input.attributes('aria-activedescendant')).toBe(page.get('[aria-selected=true]').attributes('id'))
  await input.trigger('keydown', { key: 'Enter' })
  await nextTick()
  expect(value()).toBe('status:failed ')
  expect(page.find('[role=listbox]').exists()).toBe(false)
  page.unmount()
})

test('problems are said below, Escape closes the list and keeps the text', async () => {
  const { page, input, value } = await typed('statu:x st')
  expect(page.text()).toContain('Did you mean status?')
  expect(page.find('[role=listbox]').exists()).toBe(true)
  await input.trigger('keydown', { key: 'Escape' })
  expect(page.find('[role=listbox]').exists()).toBe(false)
  expect(value()).toBe('statu:x st')
  page.unmount()
})
