import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { randomSecret, secretOf, verifierOf } from '#contract/api/handshake.ts'
import { Keys } from '#main/access/keys.ts'
import { call } from './call.ts'

const workspace = mkdtempSync(join(tmpdir(), 'mvd-cli-access-'))
afterAll(() => rmSync(workspace, { recursive: true }))
const keys = new Keys(join(workspace, 'access'))
const add = () => keys.add({ verifier: verifierOf(randomSecret()), browser: 'Firefox on Linux', origin: 'http://a:1' })

test('lists browsers and takes their access', async () => {
  const ids = [add(), add(), add()]
  expect(await call(workspace, 'access', 'list')).toMatchObject([
    { browser: 'Firefox on Linux', origin: 'http://a:1' },
    {},
    {},
  ])
  expect(await call(workspace, 'access', 'revoke', ids[0]!.slice(0, 12))).toEqual({ revoked: 1 })
  await expect(call(workspace, 'access', 'revoke', ids[0]!)).rejects.toThrow(`There is no key ${ids[0]}.`)
  await expect(call(workspace, 'access', 'revoke', '')).rejects.toThrow('More than one key begins with')
  await expect(call(workspace, 'access', 'revoke')).rejects.toThrow('It is not clear which keys are meant.')
  expect(await call(workspace, 'access', 'revoke', '--all')).toEqual({ revoked: 2 })
  expect(keys.list()).toEqual([])
})

test('makes a link only for a studio that answers', async () => {
  await expect(call(workspace, 'access', 'link')).rejects.toThrow('This workspace was never served to a browser')
  const server = createServer((_request, response) => response.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  keys.listensAt({ origin: `http://127.0.0.1:${port}`, port })
  const { link } = (await call(workspace, 'access', 'link')) as { link: string }
  expect(secretOf(link)).toHaveLength(64)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await expect(call(workspace, 'access', 'link')).rejects.toThrow('to browsers.')
  expect(readdirSync(join(workspace, 'access', 'links'))).toEqual([])
})
