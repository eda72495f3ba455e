import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { idOf, randomSecret, secretOf, verifierOf } from '#contract/api/handshake.ts'
import { browserName } from '#main/access/browser-name.ts'
import { Keys } from '#main/access/keys.ts'

let folder: string
let keys: Keys
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'mvd-keys-')), 'access')
  keys = new Keys(folder)
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

const modeOf = (path: string) => statSync(path).mode & 0o777

const add = (secret = randomSecret()) =>
  keys.add({ verifier: verifierOf(secret), browser: 'Firefox on Linux', origin: 'http://127.0.0.1:8756' })

test('keys are listed with when they were made and last seen, and revoked one by one or all', () => {
  const ids = [add(), add(), add()]
  expect(
    keys
      .list()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(ids.toSorted())
  const [first] = keys.list()
  expect(Date.parse(first!.lastSeenAt)).toBeGreaterThanOrEqual(Date.parse(first!.createdAt) - 1000)
  const heard: string[] = []
  keys.revoked.subscribe((revoked) => heard.push(...revoked))
  expect(keys.revoke([ids[0]!])).toBe(1)
  expect(keys.revoke([ids[0]!])).toBe(0)
  expect(keys.has(ids[0]!)).toBe(false)
  expect(keys.revoke()).toBe(2)
  expect(heard.toSorted()).toEqual(ids.toSorted())
  expect(keys.list()).toEqual([])
})

test('another studio or command sees and changes the same keys at once', () => {
  const id = add()
  const other = new Keys(folder)
  expect(other.has(id)).toBe(true)
  other.revoke([id])
  expect(keys.has(id)).toBe(false)
  keys.seen(id)
  expect(readdirSync(join(folder, 'keys'))).toEqual([])
})

test('a link is used once, and needs a server', () => {
  expect(() => keys.makeLink()).toThrow('never served to a browser')
  keys.listensAt({ origin: 'http://127.0.0.1:8756', port: 8756 })
  const link = keys.makeLink()
  const id = idOf(verifierOf(secretOf(link)!))
  expect(keys.findLink(id)).toMatchObject({ verifier: verifierOf(secretOf(link)!) })
  expect([keys.takeLink(id), keys.takeLink(id), keys.findLink(id)]).toEqual([true, false, undefined])
  keys.makeLink()
  keys.removeLinks()
  expect(readdirSync(join(folder, 'links'))).toEqual([])
})

test('no file holds a secret', () => {
  const secret = randomSecret()
  const id = add(secret)
  const text = readFileSync(join(folder, 'keys', `${id}.json`), 'utf8')
  expect(text).not.toContain(secret)
  expect(id).not.toContain(secret.slice(0, 8))
})

test.skipIf(process.platform === 'win32')('files and folders are for the owner only, also those of a copy', () => {
  const id = add()
  chmodSync(folder, 0o755)
  const again = new Keys(folder)
  expect([modeOf(folder), modeOf(join(folder, 'keys')), modeOf(join(folder, 'keys', `${id}.json`))]).toEqual([
    0o700, 0o700, 0o600,
  ])
  again.listensAt({ origin: 'http://127.0.0.1:1', port: 1 })
  expect(modeOf(join(folder, 'server.json'))).toBe(0o600)
})

test('a damaged file gives no access, and an id from a request leads nowhere else', () => {
  const id = add()
  writeFileSync(join(folder, 'keys', `${id}.json`), '{')
  writeFileSync(join(folder, 'server.json'), 'null')
  expect([keys.find(id), keys.list(), keys.server()]).toEqual([undefined, [], undefined])
  for (const path of ['../server', '..%2fserver', '', 'A'.repeat(32), '/etc/passwd'])
    expect([keys.find(path), keys.findLink(path), keys.has(path), keys.takeLink(path)]).toEqual([
      undefined,
      undefined,
      false,
      false,
    ])
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36',
    'Chrome on Linux',
  ],
  ['curl/8.0', 'A browser'],
  [undefined, 'A browser'],
])('%s is %s', (userAgent, name) => expect(browserName(userAgent)).toBe(name))
