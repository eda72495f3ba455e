import UApp from '@nuxt/ui/components/App.vue'
import ui from '@nuxt/ui/vue-plugin'
import { createRouterClient } from '@orpc/server'
import { flushPromises, mount } from '@vue/test-utils'
import type { VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { h, readonly, ref } from 'vue'
import type { Component, Ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { Router } from 'vue-router'
import { studioKey } from '#renderer/api/client.ts'
import type { Studio } from '#renderer/api/client.ts'
import type { FakeStudio } from './fake-studio.ts'

/** The fake studio, called directly. */
export function directStudio(fake: FakeStudio): Studio {
  return {
    client: createRouterClient(fake.router),
    connection: readonly(ref('open')),
    access: null,
    connected: () => Promise.resolve(),
    dispose: () => undefined,
  }
}

export interface ShownPage {
  page: VueWrapper
  router: Router
  /** Shows or hides the page, as another route would. */
  isShown: Ref<boolean>
}

/** Mounts a page at `path`; every other route is empty. */
export async function showPage(component: Component, fake: FakeStudio, path: string): Promise<ShownPage> {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:rest(.*)*', component: { render: () => null } }],
  })
  await router.push(path)
  const isShown = ref(true)
  const page = mount(UApp, {
    slots: { default: () => (isShown.value ? h(component) : null) },
    attachTo: document.body,
    global: { plugins: [createPinia(), router, ui], provide: { [studioKey as symbol]: directStudio(fake) } },
  })
  await flushPromises()
  return { page, router, isShown }
}
