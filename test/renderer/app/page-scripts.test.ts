import { expect, onTestFinished, test, vi } from 'vitest'
import type { RouteRecordRaw } from 'vue-router'
import { preloadPages } from '#renderer/app/page-scripts.ts'

/** Idle times of the window, which the test gives by hand. */
function fakeIdleTimes() {
  let waiting: (() => void) | undefined
  vi.stubGlobal('requestIdleCallback', (callback: () => void) => (waiting = callback))
  onTestFinished(() => void vi.unstubAllGlobals())
  return async () => {
    waiting?.()
    waiting = undefined
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function pages(broken?: string) {
  const loaded: string[] = []
  const page = (path: string): RouteRecordRaw => ({
    path,
    component: () => {
      loaded.push(path)
      return path === broken ? Promise.reject(new Error('The studio has ended.')) : Promise.resolve({})
    },
  })
  return { loaded, routes: [{ path: '/', redirect: '/a' }, page('/a'), page('/b'), page('/c')] }
}

test('the script of one page is loaded in each idle time', async () => {
  const idle = fakeIdleTimes()
  const { loaded, routes } = pages()
  const done = preloadPages(routes, () => true)
  expect(loaded).toEqual([])
  await idle()
  expect(loaded).toEqual(['/a'])
  await idle()
  await idle()
  await done
  expect(loaded).toEqual(['/a', '/b', '/c'])
})

test('a page that cannot be loaded ends it', async () => {
  const idle = fakeIdleTimes()
  const { loaded, routes } = pages('/b')
  const done = preloadPages(routes, () => true)
  await idle()
  await idle()
  await done
  expect(loaded).toEqual(['/a', '/b'])
})

test('no script is loaded while the studio does not answer', async () => {
  const idle = fakeIdleTimes()
  const { loaded, routes } = pages()
  let isConnected = true
  const done = preloadPages(routes, () => isConnected)
  await idle()
  isConnected = false
  await idle()
  await done
  expect(loaded).toEqual(['/a'])
})
