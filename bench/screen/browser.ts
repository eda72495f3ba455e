import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { chromiumCommand } from '../../test/e2e/support/chromium.ts'
import { printed } from './processes.ts'

/** A connection of Playwright. */
export interface Driver {
  readonly browser: Browser
  readonly page: Page
  readonly devtools: CDPSession
}

/** A headless Chromium with one page of 1440 × 900 pixels. */
export interface BenchBrowser {
  /** The one before must be closed. */
  connect(): Promise<Driver>
  /**
   * Evaluates an expression of the page while Playwright is not connected. Playwright follows every request of a page: a quarter of the
   * processor time of scrolling through pictures.
   */
  evaluate(expression: string): Promise<unknown>
  close(): Promise<void>
}

export async function startBrowser(): Promise<BenchBrowser> {
  const { executablePath, args, env } = await chromiumCommand()
  const profile = mkdtempSync(join(tmpdir(), 'mvd-bench-chromium-'))
  const own = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`]
  const look = ['--window-size=1440,900', '--hide-scrollbars', '--force-prefers-reduced-motion']
  const program = spawn(executablePath, [...args, ...own, ...look, 'about:blank'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(program, 'exit')
  const { host } = new URL(await printed(program.stderr, /ws:\S+/))
  return {
    async connect() {
      const browser = await chromium.connectOverCDP(`http://${host}`)
      const page = browser.contexts()[0]?.pages()[0]
      if (page === undefined) throw new Error('The browser has no page.')
      return { browser, page, devtools: await page.context().newCDPSession(page) }
    },
    evaluate: (expression) => evaluateIn(host, expression),
    async close() {
      program.kill()
      await ended
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

/** Evaluates an expression in the page of a browser, and waits for its promise. */
async function evaluateIn(host: string, expression: string): Promise<unknown> {
  const targets = (await (await fetch(`http://${host}/json`)).json()) as {
    type: string
    webSocketDebuggerUrl: string
  }[]
  const address = targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl
  if (address === undefined) throw new Error('The browser has no page.')
  const socket = new WebSocket(address)
  try {
    await once(socket, 'open')
    const answer = once(socket, 'message') as Promise<[{ data: string }]>
    const params = { expression, awaitPromise: true, returnByValue: true }
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }))
    const [{ data }] = await answer
    const { result } = JSON.parse(data) as { result: { result: { value?: unknown }; exceptionDetails?: unknown } }
    if (result.exceptionDetails !== undefined) throw new Error(`The page failed: ${JSON.stringify(result)}`)
    return result.result.value
  } finally {
    socket.close()
  }
}
