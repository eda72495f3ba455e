import { describe, expect, it, test } from 'vitest'
import { allowedHosts, authorize, type Access, type RequestFacts } from '#main/shells/browser/access.ts'

const token = 'a'.repeat(64)
const access: Access = { token, cookieName: 'mvd-studio-8000', hosts: allowedHosts('127.0.0.1', 8000, []) }
const guest: RequestFacts = {
  method: 'GET',
  target: '/',
  host: '127.0.0.1:8000',
  origin: undefined,
  cookie: `mvd-studio-8000=${token}`,
  isUpgrade: false,
}
const home = 'http://127.0.0.1:8000'

describe('authorize', () => {
  test.each<[string, Partial<RequestFacts>, number | 'pass']>([
    ['the cookie', {}, 'pass'],
    ['the cookie among others', { cookie: `a=b; mvd-studio-8000=${token}; c=d` }, 'pass'],
    ['localhost', { host: 'localhost:8000' }, 'pass'],
    ['IPv6', { host: '[::1]:8000' }, 'pass'],
    ['a host in capitals', { host: 'LOCALHOST:8000', origin: 'http://localhost:8000' }, 'pass'],
    ['HEAD', { method: 'HEAD' }, 'pass'],
    ['its own origin', { origin: home }, 'pass'],
    ['an upgrade from its own origin', { isUpgrade: true, origin: home, target: '/api' }, 'pass'],

    ['no cookie', { cookie: undefined }, 401],
    ['a wrong cookie', { cookie: `mvd-studio-8000=${'b'.repeat(64)}` }, 401],
    ['a cookie of another length', { cookie: 'mvd-studio-8000=a' }, 401],
    ['the cookie of another port', { cookie: `mvd-studio-8001=${token}` }, 401],
    ['a wrong token', { cookie: undefined, target: `/?token=${'b'.repeat(64)}` }, 401],
    ['an upgrade without cookie', { cookie: undefined, isUpgrade: true, origin: home }, 401],

    ['a foreign origin', { origin: 'http://evil.example' }, 403],
    ['a foreign origin without cookie', { origin: 'http://evil.example', cookie: undefined }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:9000' }, 403],
    ['an origin that is another of its names', { origin: 'http://localhost:8000' }, 403],
    ['the origin null of a sandboxed frame', { origin: 'null' }, 403],
    ['a foreign origin with the right token', { origin: 'http://evil.example', target: `/?token=${token}` }, 403],
    ['an upgrade from a foreign origin', { isUpgrade: true, origin: 'http://evil.example' }, 403],
    ['an upgrade without origin', { isUpgrade: true }, 403],
    ['a POST without origin', { method: 'POST' }, 403],
    ['a POST from its own origin', { method: 'POST', origin: home }, 405],

    ['a rebound name', { host: 'evil.example:8000' }, 421],
    ['a rebound name with its own origin', { host: 'evil.example:8000', origin: 'http://evil.example:8000' }, 421],
    ['another port', { host: '127.0.0.1:9000' }, 421],
    ['no port', { host: '127.0.0.1' }, 421],
    ['no host', { host: undefined }, 421],

    ['a target on another server', { target: `//evil.example/?token=${token}`, cookie: undefined }, 400],
    ['an absolute target', { target: 'http://evil.example/' }, 400],
  ])('%s', (_name, change, expected) => {
    const decision = authorize({ ...guest, ...change }, access)
    expect(decision.kind === 'refuse' ? decision.status : decision.kind).toBe(expected)
  })

  it.each([
    [`/?token=${token}`, '/'],
    [`/runs/a%20b?token=${token}`, '/runs/a%20b'],
    [`/compare?ids=1&token=${token}&x=y`, '/compare?ids=1&x=y'],
  ])('turns the token of %s into a cookie', (target, location) => {
    expect(authorize({ ...guest, target, cookie: undefined }, access)).toEqual({
      kind: 'enter',
      location,
      cookie: `mvd-studio-8000=${token}; Path=/; HttpOnly; SameSite=Strict`,
    })
  })
})

test.each<[string, number, string[]]>([
  ['127.0.0.1', 8000, ['127.0.0.1:8000', 'localhost:8000', '[::1]:8000']],
  ['::1', 80, ['127.0.0.1', '127.0.0.1:80', 'localhost', 'localhost:80', '[::1]', '[::1]:80']],
  ['0.0.0.0', 8000, ['127.0.0.1:8000', 'localhost:8000', '[::1]:8000', 'gpu-box:8000', '10.0.0.5:8000']],
  ['10.0.0.5', 8000, ['10.0.0.5:8000']],
])('a server on %s, port %i answers to its own names', (address, port, expected) => {
  expect([...allowedHosts(address, port, ['GPU-box', '10.0.0.5'])]).toEqual(expected)
})
