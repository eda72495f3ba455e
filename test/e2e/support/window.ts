import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { findInstallation } from '#main/app/installation.ts'
import { openStudio, type Studio } from '#main/app/studio.ts'
import { startServer } from '#main/shells/browser/server.ts'
import { launchChromium } from './chromium.ts'

/** The window in a real browser with a real studio. */
export interface TestWindow {
  page: Page
  studio: Studio
  /** Address of the server, without the token. */
  origin: string
  /** Errors of the page, and requests beyond its own origin. A test expects none. */
  problems: string[]
  close(): Promise<void>
}

/** Opens `workspace` in the built window. `trainingEntry` replaces the training child. */
export async function openWindow(workspace: string, trainingEntry?: string): Promise<TestWindow> {
  const installation = findInstallation()
  if (!existsSync(join(installation.page, 'index.html')))
    throw new Error('The window is not built; run "npm run build" first.')
  const studio = await openStudio({
    ...installation,
    workspace,
    shell: 'browser',
    trainingEntry: trainingEntry ?? installation.trainingEntry,
  })
  const server = await startServer({
    router: studio.router,
    keys: studio.keys,
    workspace: studio.workspace,
    mediaFile: (path) => studio.mediaFile(path),
    page: installation.page,
    port: 0,
  })
  const chromium = await launchChromium()
  const page = await chromium.newPage({ viewport: { width: 1280, height: 860 } })
  const { origin } = server

  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      problems.push(`${message.type()}: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
      problems.push(`request to ${request.url()}`)
  })
  await page.goto(server.link)
  // A page that is left before the studio has admitted it leaves its browser without a key.
  await page.evaluate(`new Promise((done) => {
    const look = () =>
      Object.keys(localStorage).some((name) => name.startsWith('mvd-studio:key:')) ? done() : requestAnimationFrame(look)
    look()
  })`)

  return {
    page,
    studio,
    origin,
    problems,
    async close() {
      await chromium.close()
      await server.close()
      await studio.close()
    },
  }
}
