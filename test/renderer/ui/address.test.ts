// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, onTestFinished, test, vi } from 'vitest'
import { defineComponent, h, type Ref } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { addressIds, useAddress } from '#renderer/ui/address.ts'

test('a change of the address does not cancel the way to another page that is still loading', async () => {
  let chosen: Ref<readonly string[]> | undefined
  const list = defineComponent(() => {
    chosen = useAddress('chosen', addressIds)
    return () => h('p', 'list')
  })
  const loading = Promise.withResolvers<typeof other>()
  const other = defineComponent(() => () => h('p', 'other'))
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/list', component: list },
      { path: '/other', component: () => loading.promise },
    ],
  })
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  await router.push('/list')
  const page = mount(RouterView, { global: { plugins: [router] } })
  chosen!.value = ['a']
  await vi.advanceTimersByTimeAsync(1)
  expect(router.currentRoute.value.query).toEqual({ chosen: 'a' })
  // Written after a pause, in which the person leaves the page.
  chosen!.value = ['a', 'b']
  const left = router.push('/other')
  await vi.advanceTimersByTimeAsync(1000)
  loading.resolve(other)
  await left
  await vi.advanceTimersByTimeAsync(1)
  expect(page.text()).toBe('other')
  expect(router.currentRoute.value.path).toBe('/other')
  page.unmount()
})
