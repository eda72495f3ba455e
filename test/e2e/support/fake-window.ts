import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { findInstallation } from '#main/app/installation.ts'
import { createFakeStudio } from '../../renderer/support/fake-studio.ts'
import type { FakeWorld } from '../../renderer/support/fake-world.ts'
import { serveFake, type FakeServer } from '../../renderer/support/serve-fake.ts'
import { launchChromium } from './chromium.ts'

/** The built window over a fake studio without progress: shows every state of a page without training. */
export interface FakeWindow {
  page: Page
  /** Styles, scripts and requests that the browser refused because of the content security policy. */
  readonly refusals: string[]
  /** Loads a path of the studio with data, or of the empty one. */
  show(path: string, isEmpty?: boolean): Promise<void>
  close(): Promise<void>
}

/** Opens the window; `fill` adds to the data. */
export async function openFakeWindow(fill?: (world: FakeWorld) => void): Promise<FakeWindow> {
  const { page: built } = findInstallation()
  if (!existsSync(join(built, 'index.html'))) throw new Error('The window is not built; run "npm run build" first.')
  const studios = [false, true].map((isEmpty) => createFakeStudio({ tickMs: 0, pauseMs: 1, isEmpty }))
  if (fill !== undefined) fill(studios[0]!.world)
  const servers = await Promise.all(studios.map((studio) => serveFake(studio, built)))
  const browser = await launchChromium()
  const page = await browser.newPage({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(20_000)
  const refusals: string[] = []
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refusals.push(message.text())
  })
  const opened = new Set<FakeServer>()
  return {
    page,
    refusals,
    async show(path, isEmpty = false) {
      // The draft of a pipeline survives a reload.
      if (page.url().startsWith('http')) await page.evaluate('sessionStorage.clear()')
      const server = servers[isEmpty ? 1 : 0]!
      await page.goto(server.url + path + (opened.has(server) ? '' : server.fragment))
      opened.add(server)
      await page.getByRole('heading').first().waitFor()
    },
    async close() {
      await browser.close()
      await Promise.all(servers.map((server) => server.close()))
      for (const studio of studios) studio.close()
    },
  }
}
