import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { protocol as names } from '#contract/api/protocol.ts'
import * as fake from '../../main/shells/electron/fake-electron.ts'
import { launchChromium } from './chromium.ts'

// A fake `electron` module whose window is a page of Chromium. The page is served by the shell's protocol handler, the built
// preload script runs before it and may require only electron, and its MessagePort is connected to the shell.
export { app, dialog, ipcMain, Menu, protocol } from '../../main/shells/electron/fake-electron.ts'

/** Chromium has no `app:` scheme, so the app's origin is replaced by this one in everything that the page receives. */
const pageOrigin = 'https://studio.test'
const toPage = (text: string): string => text.replaceAll(names.appOrigin, pageOrigin)

export interface Desktop {
  page: Page
  /** Errors of the page and requests beyond its origin. */
  problems: string[]
  close(): Promise<void>
}
export const desktop = Promise.withResolvers<Desktop>()

export class BrowserWindow extends fake.BrowserWindow {
  constructor(options: fake.BrowserWindow['options']) {
    super(options)
    this.loadURL = async (url) => desktop.resolve(await openPage(url, String(options.webPreferences['preload'])))
  }
}

async function openPage(url: string, preload: string): Promise<Desktop> {
  const browser = await launchChromium()
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
  await page.route('**/*', async (route) => {
    const request = route.request()
    const handler = fake.protocol.handlers.get('app')
    if (handler === undefined || !request.url().startsWith(pageOrigin)) {
      problems.push(`request to ${request.url()}`)
      return route.abort()
    }
    const answer = await handler({ url: request.url().replace(pageOrigin, names.appOrigin), method: request.method() })
    const body = Buffer.from(await answer.arrayBuffer())
    const isText = answer.headers.get('content-type')?.startsWith('text/') === true
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: isText ? toPage(body.toString()) : body,
    })
  })

  const ports = new Map<number, ShellPort>()
  await page.exposeFunction('shellOpens', (channel: string, id: number) => {
    const port = new ShellPort((data) => page.evaluate(`shellPorts.get(${id}).postMessage(${JSON.stringify(data)})`))
    ports.set(id, port)
    fake.ipcMain.emit(channel, { senderFrame: { origin: names.appOrigin, parent: null }, ports: [port] })
  })
  await page.exposeFunction(
    'shellHears',
    (id: number, data: unknown) => void ports.get(id)?.emit('message', { data, ports: [] }),
  )
  await page.addInitScript(`{
    const shellPorts = globalThis.shellPorts = new Map()
    const postMessage = (channel, message, [port]) => {
      const id = shellPorts.size
      shellPorts.set(id, port)
      shellOpens(channel, id).then(() => { port.onmessage = (event) => shellHears(id, event.data) })
    }
    const require = (name) => {
      if (name !== 'electron') throw new Error('A sandboxed preload may not require ' + name)
      return { ipcRenderer: { postMessage } }
    }
    ;((require, exports) => { ${toPage(await readFile(preload, 'utf8'))} })(require, {})
  }`)
  await page.goto(url.replace(names.appOrigin, pageOrigin))
  return { page, problems, close: () => browser.close() }
}

/** The shell's end of a port. oRPC sends text only. */
class ShellPort extends EventEmitter {
  readonly #send: (data: string) => Promise<unknown>
  constructor(send: (data: string) => Promise<unknown>) {
    super()
    this.#send = send
  }
  start() {}
  postMessage(data: unknown) {
    if (typeof data !== 'string') throw new TypeError('Only text passes through this port.')
    this.#send(data).catch((cause: unknown) => this.emit('close', cause))
  }
}
