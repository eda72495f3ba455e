import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { findInstallation } from '#main/app/installation.ts'
import { diverge } from '../../renderer/support/fake-divergence.ts'
import { createFakeStudio } from '../../renderer/support/fake-studio.ts'
import type { FakeWorld } from '../../renderer/support/fake-world.ts'
import { serveFake, type FakeServer } from '../../renderer/support/serve-fake.ts'
import { launchChromium } from './chromium.ts'

/** The built window over a fake studio without progress: shows every state of a page without training. */
export interface FakeWindow {
  page: Page
  /** Styles, scripts and requests that the browser refused because of the content security policy. */
  readonly refusals: string[]
  /** Loads a path of the studio with data, of one in which a run has diverged, or of the empty one. */
  show(path: string, world?: 'data' | 'diverged' | 'empty'): Promise<void>
  close(): Promise<void>
}

/** Opens the window; `fill` adds to the data. */
export async function openFakeWindow(fill?: (world: FakeWorld) => void): Promise<FakeWindow> {
  const { page: built } = findInstallation()
  if (!existsSync(join(built, 'index.html'))) throw new Error('The window is not built; run "npm run build" first.')
  const studios = [false, true, false].map((isEmpty) => createFakeStudio({ tickMs: 0, pauseMs: 1, isEmpty }))
  diverge(studios[2]!.world)
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
    async show(path, world = 'data') {
      // The draft of a pipeline survives a reload.
      if (page.url().startsWith('http')) await page.evaluate('sessionStorage.clear()')
      const server = servers[['data', 'empty', 'diverged'].indexOf(world)]!
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
