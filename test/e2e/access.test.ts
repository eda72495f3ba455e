import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { randomSecret, verifierOf } from '#contract/api/handshake.ts'
import { Keys } from '#main/access/keys.ts'
import { launchChromium } from './support/chromium.ts'

// The studio is started several times.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const workspace = mkdtempSync(join(tmpdir(), 'mvd-access-'))
const entry = join(import.meta.dirname, '../../src/main/shells/cli/main.ts')
let browser: Browser
let page: Page
let studio: ChildProcess
let origin: string
/** What the browser refused because of the policy. */
const violations: string[] = []

/** What the studio has printed. */
let printed = ''

/** Serves the workspace in a process, and resolves with the link that it prints. */
async function serve(...options: string[]): Promise<string> {
  studio = spawn(process.execPath, [entry, 'serve', '--workspace', workspace, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  printed = ''
  for await (const chunk of studio.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    printed += String(chunk)
    const link = /http:\/\/\S+#open=\w+/.exec(printed)?.[0]
    if (link !== undefined) return link
  }
  throw new Error(`The studio ended: ${printed}`)
}

async function kill(): Promise<void> {
  const exited = once(studio, 'exit')
  studio.kill('SIGKILL')
  await exited
}

const banner = () => page.getByText(/The studio does not answer at|Another program answers at/)

beforeAll(async () => {
  browser = await launchChromium()
  page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(120_000)
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text())
  })
  const link = await serve('--port', '0')
  origin = new URL(link).origin
  await page.goto(link)
  await page.getByRole('heading', { name: 'Datasets', level: 1 }).waitFor()
})
afterAll(async () => {
  await browser?.close()
  if (studio?.exitCode === null) await kill()
  rmSync(workspace, { recursive: true, force: true, maxRetries: 5 })
})

test('the content security policy holds for the styles of the window', async () => {
  expect(violations).toEqual([])
  expect(await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ui-primary')")).not.toBe(
    '',
  )
})

test('the link leaves the address bar and no cookie behind', async () => {
  expect(page.url()).toBe(`${origin}/datasets`)
  expect(await page.context().cookies()).toEqual([])
})

test('a page left open over kill -9 and restart of the studio goes on by itself', async () => {
  await kill()
  await banner().waitFor()
  // Without a port, the studio takes that of the last start.
  const link = await serve()
  expect(new URL(link).origin).toBe(origin)
  await banner().waitFor({ state: 'hidden' })
  await page.getByRole('link', { name: 'Settings', exact: true }).click()
  await page.getByText(workspace).first().waitFor()
  // A bookmark works too.
  await page.goto(`${origin}/runs`)
  await page.getByText('No runs yet').waitFor()
})

test('a page whose script could not be loaded before is opened once the studio answers', async () => {
  const other = await page.context().newPage()
  await other.route('**/TrashPage*.js', (route) => route.abort())
  const missed = other.waitForEvent('requestfailed')
  await other.goto(`${origin}/datasets`)
  await missed
  await other.unroute('**/TrashPage*.js')
  await other.getByRole('link', { name: 'Trash', exact: true }).click()
  await other.getByRole('heading', { name: 'Trash', level: 1 }).waitFor()
  expect(new URL(other.url()).pathname).toBe('/trash')
  await other.close()
})

test('another server on 127.0.0.1 receives nothing that opens the studio, not even at its port', async () => {
  const heard: string[] = []
  const other = createServer((request, response) => {
    heard.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`)
    response.setHeader('content-type', 'text/html').end('<title>Other</title>')
  })
  const sockets = new WebSocketServer({ server: other })
  sockets.on('connection', (socket, request) => {
    heard.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`)
    socket.on('message', (data) => {
      heard.push((data as Buffer).toString('utf8'))
      socket.send(JSON.stringify({ proof: '0'.repeat(64), mediaPass: '0.0' }))
    })
    socket.send(JSON.stringify({ challenge: '1'.repeat(64), workspace: names[0]!.split(':').at(-1) }))
  })
  const entries = await page.evaluate<[string, string][]>('Object.entries(localStorage)')
  const names = entries.map(([name]) => name).filter((name) => name.startsWith('mvd-studio:key:'))
  const secrets = entries.filter(([name]) => names.includes(name)).map(([, secret]) => secret)
  expect(secrets).toHaveLength(1)

  // At another port of the same host, to which browsers send all cookies of the host.
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const second = await page.context().newPage()
  await second.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
  expect(await second.evaluate('[document.cookie, localStorage.length]')).toEqual(['', 0])
  await second.close()
  await new Promise((resolve) => other.close(resolve))

  // At the port of the studio, after it has ended.
  await kill()
  await banner().waitFor()
  await new Promise<void>((resolve) => other.listen(Number(new URL(origin).port), '127.0.0.1', resolve))
  await page.getByText('Another program answers at').waitFor()
  expect(heard.length).toBeGreaterThan(1)
  for (const text of heard) {
    expect(text).not.toMatch(/cookie/i)
    for (const secret of secrets) expect(text).not.toContain(secret)
  }
  other.closeAllConnections()
  for (const socket of sockets.clients) socket.terminate()
  await new Promise((resolve) => other.close(resolve))

  await serve()
  await banner().waitFor({ state: 'hidden' })
})

test('revoking from the command line closes the page, which says how to come back', async () => {
  const keys = new Keys(join(workspace, 'access'))
  await page.goto(`${origin}/settings`)
  await page.getByRole('region', { name: 'Browsers with access' }).getByText('This page').waitFor()
  expect(keys.list().map(({ browser: name }) => name)).toEqual(['Chrome on Linux'])
  keys.revoke()
  await page.getByRole('heading', { name: 'This browser has no access to the studio' }).waitFor()
  await page.getByText('The key of this browser was revoked').waitFor()
  await page.getByLabel('Link').fill('http://127.0.0.1:1/')
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await page.getByText(`This is no link to ${origin}.`).waitFor()
  await page.getByLabel('Link').fill(keys.makeLink())
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  await page.getByRole('region', { name: 'Browsers with access' }).getByText('This page').waitFor()
})

test('the window lists this page and a few of many browsers, and revokes all keys, its own too', async () => {
  const kept = new Keys(join(workspace, 'access'))
  for (let index = 0; index < 10; index++)
    kept.add({ verifier: verifierOf(randomSecret()), browser: `Script ${index}`, origin })
  await page.reload()
  const panel = page.getByRole('region', { name: 'Browsers with access' })
  const all = panel.getByRole('button', { name: `Show all ${kept.list().length} browsers` })
  await all.waitFor()
  expect(await panel.getByRole('button', { name: 'Revoke the key of' }).count()).toBe(6)
  expect(await panel.getByRole('listitem').first().textContent()).toContain('This page')
  await all.click()
  expect(await panel.getByRole('button', { name: 'Revoke the key of' }).count()).toBe(kept.list().length)
  await panel.getByRole('button', { name: 'Revoke all' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke all' }).click()
  await page.getByRole('heading', { name: 'This browser has no access to the studio' }).waitFor()
  expect(new Keys(join(workspace, 'access')).list()).toEqual([])
})

test('if another program has the port of the last start, the studio says so and takes another', async () => {
  await kill()
  const other = createServer()
  const { port } = new URL(origin)
  await new Promise<void>((resolve) => other.listen(Number(port), '127.0.0.1', resolve))
  expect(new URL(await serve()).port).not.toBe(port)
  expect(printed).toContain(`Port ${port} is in use by another program, so the studio takes another one.`)
  await kill()
  await new Promise((resolve) => other.close(resolve))
  expect(new URL(await serve()).port).toBe(port)
})
