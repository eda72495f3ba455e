import { describe, expect, test } from 'vitest'
import { allowedHosts, authorize, type RequestFacts } from '#main/shells/browser/access.ts'

const hosts = allowedHosts('127.0.0.1', 8000, [])
const guest: RequestFacts = {
  method: 'GET',
  target: '/',
  hosts: ['127.0.0.1:8000'],
  origin: undefined,
  isUpgrade: false,
}
const home = 'http://127.0.0.1:8000'

describe('authorize', () => {
  test.each<[string, Partial<RequestFacts>, number | 'pass']>([
    ['a page', {}, 'pass'],
    ['localhost', { hosts: ['localhost:8000'] }, 'pass'],
    ['IPv6', { hosts: ['[::1]:8000'] }, 'pass'],
    ['a host in capitals', { hosts: ['LOCALHOST:8000'], origin: 'http://localhost:8000' }, 'pass'],
    ['HEAD', { method: 'HEAD' }, 'pass'],
    ['its own origin', { origin: home }, 'pass'],
    ['an upgrade from its own origin', { isUpgrade: true, origin: home, target: '/api' }, 'pass'],

    ['a foreign origin', { origin: 'http://evil.example' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:9000' }, 403],
    ['an origin that is another of its names', { origin: 'http://localhost:8000' }, 403],
    ['the origin null of a sandboxed frame', { origin: 'null' }, 403],
    ['two origins', { origin: `${home}, http://evil.example` }, 403],
    ['an upgrade from a foreign origin', { isUpgrade: true, origin: 'http://evil.example' }, 403],
    ['an upgrade without origin', { isUpgrade: true }, 403],
    ['a POST without origin', { method: 'POST' }, 403],
    ['a POST from its own origin', { method: 'POST', origin: home }, 405],

    ['a rebound name', { hosts: ['evil.example:8000'] }, 421],
    ['a rebound name with its own origin', { hosts: ['evil.example:8000'], origin: 'http://evil.example:8000' }, 421],
    ['another port', { hosts: ['127.0.0.1:9000'] }, 421],
    ['no port', { hosts: ['127.0.0.1'] }, 421],
    ['no host', { hosts: [] }, 421],
    ['two hosts', { hosts: ['127.0.0.1:8000', 'evil.example'] }, 400],
    ['the same host twice', { hosts: ['127.0.0.1:8000', '127.0.0.1:8000'] }, 400],

    ['a target on another server', { target: '//evil.example/' }, 400],
    ['a target on another server after a backslash', { target: '/\\evil.example/' }, 400],
    ['an absolute target', { target: 'http://evil.example/' }, 400],
    ['an asterisk', { target: '*' }, 400],
    ['an endless target', { target: `/${'a'.repeat(20_000)}` }, 400],
  ])('%s', (_name, change, expected) => {
    const decision = authorize({ ...guest, ...change }, hosts)
    expect(decision.kind === 'refuse' ? decision.status : decision.kind).toBe(expected)
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
