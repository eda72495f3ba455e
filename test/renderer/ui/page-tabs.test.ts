// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { nextTick } from 'vue'
import PageTabs from '#renderer/ui/PageTabs.vue'

function tabs() {
  const page = mount(PageTabs, {
    attachTo: document.body,
    props: {
      items: [
        { value: 'curves', label: 'Curves', icon: 'i-lucide-chart-line' },
        { value: 'log', label: 'Log', icon: 'i-lucide-scroll-text' },
        { value: 'pictures', label: 'Pictures', icon: 'i-lucide-grid-2x2-check', badge: 3 },
      ],
      modelValue: 'curves',
      'onUpdate:modelValue': (modelValue: string) => void page.setProps({ modelValue }),
    },
    slots: { curves: 'of curves', log: 'of the log', pictures: 'of pictures' },
  })
  const chosen = () => page.findAll('[aria-selected=true]').map((tab) => tab.text())
  return { page, chosen, panel: () => page.get('[role=tabpanel]') }
}

test('shows the content of the chosen tab, which names it', async () => {
  const { page, chosen, panel } = tabs()
  expect(chosen()).toEqual(['Curves'])
  expect(panel().text()).toBe('of curves')
  await page.findAll('[role=tab]')[2]!.trigger('click')
  expect(chosen()).toEqual(['Pictures3'])
  expect(panel().text()).toBe('of pictures')
  expect(page.get(`#${panel().attributes('aria-labelledby')}`).text()).toBe('Pictures3')
  expect(page.findAll('[aria-controls]').map((tab) => tab.attributes('aria-controls'))).toEqual([
    panel().attributes('id'),
  ])
  page.unmount()
})

test('arrow keys, Home and End choose a tab and focus it; Tab reaches the chosen one alone', async () => {
  const { page, chosen } = tabs()
  const press = async (key: string) => {
    await page.get('[role=tablist]').trigger('keydown', { key })
    await nextTick()
    expect(document.activeElement?.textContent).toContain(chosen()[0]!)
    expect(page.findAll('[role=tab][tabindex="0"]')).toHaveLength(1)
    return chosen()[0]
  }
  expect(await press('ArrowRight')).toBe('Log')
  expect(await press('End')).toBe('Pictures3')
  expect(await press('ArrowRight')).toBe('Curves')
  expect(await press('ArrowLeft')).toBe('Pictures3')
  expect(await press('Home')).toBe('Curves')
  page.unmount()
})
