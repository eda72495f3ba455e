import type { Router, RouteRecordRaw } from 'vue-router'

type Loader = () => Promise<unknown>

/**
 * Loads the scripts of pages one after the other while the window is idle, so that a page that is opened later need not wait.
 * @param isConnected whether the studio answers: another program may have its port meanwhile, of which no script is loaded
 */
export async function preloadPages(routes: readonly RouteRecordRaw[], isConnected: () => boolean): Promise<void> {
  for (const { component } of routes) {
    if (!isLoader(component)) continue
    await new Promise((resolve) => requestIdleCallback(resolve))
    if (!isConnected()) return
    try {
      await component()
    } catch {
      // The window is loaded again when the page is opened.
      return
    }
  }
}

/** Whether a component is a function that imports it. */
const isLoader = (component: unknown): component is Loader => typeof component === 'function'

/**
 * Loads the window again at the address of a page whose script could not be loaded, such as while the studio was restarted: browsers
 * remember that, and never load the script in the same page again. If the studio does not answer, a banner says so.
 */
export function reloadForScripts(router: Router, isConnected: () => boolean): void {
  const failed = new WeakSet<Error>()
  globalThis.addEventListener('vite:preloadError', ({ payload }) => failed.add(payload))
  router.onError((cause: unknown, to, from) => {
    const isFirst = from.matched.length === 0
    if (!isFirst && cause instanceof Error && failed.has(cause) && isConnected()) location.assign(to.fullPath)
  })
}
