import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest'
import type { Contract } from '#contract/api/contract.ts'
import { protocol as names } from '#contract/api/protocol.ts'
import { servePage } from '#main/shells/electron/page.ts'
import { makePage } from '../browser/tiny-studio.ts'
import { app, BrowserWindow, dialog, Menu, protocol, sender, WebContents, type Frame } from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))

const workspace = mkdtempSync(join(tmpdir(), 'mvd-electron-'))
let window: BrowserWindow
let beforeReady: { schemes: unknown; windows: number }

/** Loads the preload and asks it for the port as the page does, once it listens. */
async function loadPage(): Promise<MessagePort> {
  const port = Promise.withResolvers<MessagePort>()
  const page = new EventTarget()
  const say = (data: unknown, origin: string) => page.dispatchEvent(new MessageEvent('message', { data, origin }))
  const posted: unknown[] = []
  vi.stubGlobal('window', {
    addEventListener: page.addEventListener.bind(page),
    postMessage: (message: unknown, origin: string, [first]: MessagePort[]) => {
      posted.push([message, origin])
      port.resolve(first!)
    },
  })
  vi.resetModules()
  await import('../../../../src/preload/index.ts')
  say(names.portRequest, 'https://evil.example')
  say('something else', names.appOrigin)
  expect(posted).toEqual([])
  say(names.portRequest, names.appOrigin)
  say(names.portRequest, names.appOrigin)
  expect(posted).toEqual([[names.portMessage, names.appOrigin]])
  return port.promise
}

function clientOver(port: MessagePort): ContractRouterClient<Contract> {
  const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port }))
  port.start()
  return client
}

beforeAll(async () => {
  process.argv.push('--workspace', workspace)
  await import('#main/shells/electron/main.ts')
  beforeReady = { schemes: structuredClone(protocol.privileged), windows: BrowserWindow.opened.length }
  app.ready.resolve()
  await vi.waitUntil(() => BrowserWindow.opened.length > 0 || app.exitCode !== undefined)
  if (BrowserWindow.opened[0] === undefined) throw new Error(`No window opened: ${dialog.errors.join()}`)
  window = BrowserWindow.opened[0]
})
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

test('the scheme of the page is registered before Electron is ready, and no window opens until then', () => {
  expect(beforeReady).toEqual({
    schemes: [{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } }],
    windows: 0,
  })
})

/** The page of the window, and one that something else opens. */
const pages = () => [window.webContents, new WebContents()]

describe('the window', () => {
  it('is sandboxed', () => {
    const { preload, ...preferences } = window.options.webPreferences
    expect(preload).toMatch(/out[\\/]preload[\\/]index\.cjs$/)
    expect(preferences).toEqual({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
    })
  })

  it('shows itself when its page is painted', () => {
    expect([window.url, window.isShown]).toEqual(['app://studio/', false])
    window.emit('ready-to-show')
    expect(window.isShown).toBe(true)
  })

  it('and every other page are sandboxed', () => expect(app.isSandboxed).toBe(true))

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])('refuses %s', (event) => {
    for (const page of pages()) {
      const preventDefault = vi.fn<() => void>()
      page.emit(event, { preventDefault })
      expect(preventDefault).toHaveBeenCalledOnce()
    }
  })

  it('opens no second window', () => {
    for (const page of pages()) expect(page.openHandler({ url: 'https://evil.example' })).toEqual({ action: 'deny' })
  })

  test.each([
    ['media', 'app://studio/', false],
    ['notifications', 'app://studio/', true],
    ['notifications', 'https://evil.example/', false],
    ['clipboard-read', 'app://studio/', false],
    ['clipboard-sanitized-write', 'app://studio/runs', true],
    ['clipboard-sanitized-write', 'https://evil.example/', false],
    ['clipboard-sanitized-write', 'app://studio.evil.example/', false],
  ])('asked for the permission %s by %s answers %s', (permission, url, expected) => {
    for (const page of pages()) {
      page.url = url
      const decide = vi.fn<(isGranted: boolean) => void>()
      page.session.permissionRequest(page, permission, decide)
      expect(decide).toHaveBeenCalledWith(expected)
      expect(page.session.permissionCheck(page, permission, url)).toBe(expected)
      page.url = names.appOrigin
    }
  })

  it('gives no device', () => {
    for (const page of pages()) {
      expect(page.session.device()).toBe(false)
      for (const event of ['select-hid-device', 'select-usb-device']) {
        const [preventDefault, choose] = [vi.fn<() => void>(), vi.fn<(id?: string | null) => void>()]
        page.session.emit(event, { preventDefault }, {}, choose)
        expect([preventDefault.mock.calls.length, choose.mock.calls[0]?.[0] ?? null]).toEqual([1, null])
      }
      const [preventDefault, choose] = [vi.fn<() => void>(), vi.fn<(id: string) => void>()]
      page.session.emit('select-serial-port', { preventDefault }, [], page, choose)
      page.emit('select-bluetooth-device', { preventDefault }, [], choose)
      expect([preventDefault.mock.calls.length, choose.mock.calls]).toEqual([2, [[''], ['']]])
    }
  })

  test.each([
    ['blob:app://studio/0f', false],
    ['https://evil.example/a.exe', true],
    ['app://studio/media/a', true],
  ])('a download of %s is refused: %s', (url, isRefused) => {
    const preventDefault = vi.fn<() => void>()
    window.webContents.session.emit('will-download', { preventDefault }, { getURL: () => url })
    expect(preventDefault.mock.calls.length > 0).toBe(isRefused)
  })

  it('comes to the front when the studio is started again', () => {
    window.minimized = true
    app.emit('second-instance')
    expect([window.minimized, window.isFocused]).toEqual([false, true])
  })

  it('has a menu', () => {
    expect(Menu.shown).toEqual(expect.arrayContaining([{ role: 'editMenu' }]))
  })
})

describe('the port', () => {
  it('carries calls and streams of the contract, again after a reload', async () => {
    for (let load = 0; load < 2; load++) {
      const port = await loadPage()
      const client = clientOver(port)
      const info = await client.system.info({})
      expect([info.shell, info.workspace]).toEqual(['electron', workspace])
      await expect(client.runs.get({ id: 'none' })).rejects.toMatchObject({
        code: 'STUDIO',
        data: { code: 'not-found' },
      })
      const stream = await client.runs.watch({})
      expect((await stream.next()).value).toEqual({ type: 'snapshot', runs: [], pipelines: [] })
      await stream.return()
      port.close()
    }
  })

  test.each<[string, Frame | null]>([
    ['another page', { origin: 'https://evil.example', parent: null }],
    ['a frame inside the page', { origin: names.appOrigin, parent: { origin: names.appOrigin, parent: null } }],
    ['a page that is gone', null],
  ])('of %s is ignored', async (_name, frame) => {
    const own = sender.frame
    sender.frame = frame
    const port = await loadPage()
    sender.frame = own
    // A port of the page itself answers after the ignored one would have.
    const silent = clientOver(port)
      .system.info({})
      .then(
        () => 'answered',
        () => 'closed',
      )
    const other = await loadPage()
    await clientOver(other).system.info({})
    expect(await Promise.race([silent, Promise.resolve('silent')])).toBe('silent')
    port.close()
    other.close()
  })
})

describe('the page', () => {
  test.each([
    ['GET', 'app://studio/', 200, 'text/html; charset=utf-8'],
    ['GET', 'app://studio/runs/a-1', 200, 'text/html; charset=utf-8'],
    ['GET', 'app://studio/assets/main.js?v=1', 200, 'text/javascript; charset=utf-8'],
    ['GET', 'app://studio/media/datasets/falls/clip.webp', 200, 'image/webp'],
    ['GET', 'app://studio/assets/gone.js', 404, 'text/plain; charset=utf-8'],
    ['GET', 'app://studio/..%2fsecret.txt', 403, 'text/plain; charset=utf-8'],
    ['GET', 'app://other/', 404, 'text/plain; charset=utf-8'],
    ['POST', 'app://studio/', 404, 'text/plain; charset=utf-8'],
  ])('%s %s gives %i', async (method, url, status, type) => {
    const page = await makePage()
    servePage(page)
    const answer = await protocol.handlers.get('app')!({ url, method })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type])
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
    await page.remove()
  })
})

test('closing the window without runs asks nothing, closes the studio, and frees the workspace', async () => {
  const exited = once(app, 'exited')
  window.close()
  await exited
  expect([app.exitCode, dialog.questions]).toEqual([0, []])
  const { openWorkspace } = await import('#main/app/workspace.ts')
  openWorkspace(workspace).close()
})
