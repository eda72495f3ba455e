// @vitest-environment happy-dom
import { addCollection } from '@iconify/vue'
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import Icon from '#renderer/ui/Icon.ts'

addCollection({
  prefix: 'test',
  icons: { bar: { body: '<path d="M0 1h2"/>' }, two: { body: '<path d="M1 0v2"/><circle r="1"/>', width: 24 } },
})

test('draws a bundled icon, and another one when its name changes', async () => {
  const icon = mount(Icon, { props: { name: 'i-test-bar' }, attrs: { class: 'size-4' } })
  expect(icon.html()).toMatchInlineSnapshot(`
    "<svg viewBox="0 0 16 16" width="1em" height="1em" role="img" aria-hidden="true" class="size-4">
      <path d="M0 1h2"></path>
    </svg>"
  `)
  await icon.setProps({ name: 'i-test-two' })
  expect(icon.html()).toMatchInlineSnapshot(`
    "<svg viewBox="0 0 24 16" width="1em" height="1em" role="img" aria-hidden="true" class="size-4">
      <path d="M1 0v2"></path>
      <circle r="1"></circle>
    </svg>"
  `)
  await icon.setProps({ name: 'i-test-bar' })
  expect(icon.findAll('path')).toHaveLength(1)
  expect(mount(Icon, { props: { name: 'i-test-bar' } }).findAll('path')).toHaveLength(1)
})

test('is hidden from assistive technology unless it has a name', () => {
  const icon = mount(Icon, { props: { name: 'i-test-bar' }, attrs: { 'aria-label': 'Baseline' } })
  expect(icon.attributes('aria-hidden')).toBe('false')
})
