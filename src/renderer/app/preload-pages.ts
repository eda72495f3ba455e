import type { RouteRecordRaw } from 'vue-router'

type Loader = () => Promise<unknown>

/** Loads the scripts of pages one after the other while the window is idle, so that a page that is opened later need not wait. */
export async function preloadPages(routes: readonly RouteRecordRaw[]): Promise<void> {
  for (const { component } of routes) {
    if (!isLoader(component)) continue
    await new Promise((resolve) => requestIdleCallback(resolve))
    try {
      await component()
    } catch {
      // The page is loaded again when it is opened, which tells what is wrong.
      return
    }
  }
}

/** Whether a component is a function that imports it. */
const isLoader = (component: unknown): component is Loader => typeof component === 'function'
