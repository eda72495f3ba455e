import { once } from 'node:events'
import { cpSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { StudioError } from '#contract/api/errors.ts'
import { Keys } from '#main/access/keys.ts'
import { addresses } from '#main/shells/local/address.ts'
import type { Greeting } from '#main/shells/local/greeting.ts'
import { joinStudio } from '#main/shells/local/join.ts'
import { listenLocally, type LocalSocket } from '#main/shells/local/listen.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { temporaryFolder } from '../../support.ts'
import { tinyRouter } from '../browser/tiny-studio.ts'

/** A folder with `access/`, as an open studio has it. */
function emptyWorkspace(name = 'workspace'): string {
  const workspace = join(temporaryFolder(), name)
  mkdirSync(workspace, { recursive: true })
  expect(new Keys(workspacePaths(workspace).access).list()).toEqual([])
  return workspace
}

async function listening(workspace: string, { works = true, version = '1.2.3' } = {}): Promise<LocalSocket> {
  const studio = { router: tinyRouter as unknown as Parameters<typeof listenLocally>[0]['router'], workspace }
  const socket = await listenLocally(studio, { version, works })
  let isOpen = true
  const closeOnce = socket.close.bind(socket)
  const close = async () => {
    if (isOpen) await closeOnce()
    isOpen = false
  }
  onTestFinished(close)
  return Object.assign(socket, { close })
}

async function joined(workspace: string, role: 'caller' | 'follower' = 'caller') {
  const studio = await joinStudio(workspace, role, '1.2.3')
  if (studio === undefined) throw new Error('No studio answers.')
  onTestFinished(() => studio.close())
  return studio
}

async function refused(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (cause) {
    if (cause instanceof StudioError) return `${cause.code}: ${cause.message}\n${cause.hint}`
    throw cause
  }
  throw new Error('Nothing was refused.')
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('a guest calls the contract over a socket that is for the owner only', async () => {
  const workspace = emptyWorkspace()
  const { path } = await listening(workspace)
  expect(path).toBe(join(workspace, 'access/studio.sock'))
  expect([mode(path), mode(dirname(path)), mode(join(workspace, 'access/studio.json'))]).toEqual(['600', '700', '600'])
  const { client, pid, works } = await joined(workspace)
  expect([pid, works]).toEqual([process.pid, true])
  expect((await client.system.info({})).version).toBe('1.2.3')
})

test('a call that lasts ends when the studio closes, and nothing of the socket is left', async () => {
  const workspace = emptyWorkspace()
  const socket = await listening(workspace)
  const { client, left } = await joined(workspace)
  const events = await client.datasets.import({ directory: '/videos', name: 'a' })
  await events.next()
  const drained = (async () => {
    for await (const _ of events);
  })()
  await Promise.all([socket.close(), left, expect(drained).rejects.toThrow('closed')])
  expect(existsSync(socket.path)).toBe(false)
  expect(await joinStudio(workspace, 'caller', '1.2.3')).toBeUndefined()
})

test('callers keep a studio needed, followers do not', async () => {
  const workspace = emptyWorkspace()
  const socket = await listening(workspace)
  const follower = await joined(workspace, 'follower')
  await follower.client.system.info({})
  expect(socket.isNeeded).toBe(false)
  await socket.untilUnneeded()
  const caller = await joined(workspace)
  expect(socket.isNeeded).toBe(true)
  const unneeded = socket.untilUnneeded()
  caller.close()
  await unneeded
  expect(socket.isNeeded).toBe(false)
})

test('a workspace that nobody has open is not joined', async () => {
  expect(await joinStudio(emptyWorkspace(), 'caller', '1.2.3')).toBeUndefined()
  expect(await joinStudio('/nowhere', 'caller', '1.2.3')).toBeUndefined()
})

test('the socket of a killed studio is not joined, and is replaced', async () => {
  const workspace = emptyWorkspace()
  const first = await listening(workspace)
  const record = readFileSync(join(workspace, 'access/studio.json'))
  await first.close()
  // A socket file that nobody listens on, as SIGKILL leaves it.
  const other = createServer().listen(`${first.path}.other`)
  await once(other, 'listening')
  linkSync(`${first.path}.other`, first.path)
  await new Promise((resolve) => other.close(resolve))
  writeFileSync(join(workspace, 'access/studio.json'), record)
  expect(existsSync(first.path)).toBe(true)
  expect(await joinStudio(workspace, 'caller', '1.2.3')).toBeUndefined()
  await listening(workspace)
  expect((await (await joined(workspace)).client.system.info({})).version).toBe('1.2.3')
})

test('a path that is too long for a socket gives one in a folder for the owner only', async () => {
  const workspace = emptyWorkspace('long-'.repeat(20))
  const socket = await listening(workspace)
  expect(socket.path.startsWith(workspace)).toBe(false)
  expect([mode(socket.path), mode(dirname(socket.path))]).toEqual(['600', '700'])
  expect((await (await joined(workspace)).client.system.info({})).version).toBe('1.2.3')
  await socket.close()
  expect(existsSync(dirname(socket.path))).toBe(false)
})

test('a copy of an open workspace does not lead to the original', async () => {
  const workspace = emptyWorkspace('long-'.repeat(20))
  await listening(workspace)
  const copy = emptyWorkspace('copy')
  cpSync(join(workspace, 'access/studio.json'), join(copy, 'access/studio.json'))
  expect(await joinStudio(copy, 'caller', '1.2.3')).toBeUndefined()
})

test('a damaged record counts as none', async () => {
  const workspace = emptyWorkspace()
  writeFileSync(join(workspace, 'access/studio.json'), '{')
  expect(await joinStudio(workspace, 'caller', '1.2.3')).toBeUndefined()
  await listening(workspace)
  await joined(workspace)
})

test('a studio that says nothing is given up', async () => {
  const workspace = emptyWorkspace()
  const path = join(workspace, 'access/studio.sock')
  const sockets = new Set<Socket>()
  const hung = createServer((socket) => void sockets.add(socket)).listen(path)
  await once(hung, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    hung.close()
  })
  writeFileSync(
    join(workspace, 'access/studio.json'),
    JSON.stringify({ version: 1, socket: 'access/studio.sock', pid: 77, host: 'desk' }),
  )
  const text = await refused(joinStudio(workspace, 'caller', '1.2.3', { greetingMs: 50, silenceMs: 1000 }))
  expect(text.replaceAll(workspace, '<workspace>')).toMatchInlineSnapshot(`
    "workspace-in-use: The studio that has the workspace <workspace> open (process 77 on desk) does not answer.
    Wait until it answers again, or end that process: its runs go on, and the next studio follows them."
  `)
})

/** Another program at the socket of a workspace, which says `message` to each guest. */
async function stranger(workspace: string, message: string): Promise<void> {
  const http = createHttpServer()
  const server = new WebSocketServer({ server: http })
  server.on('connection', (socket) => socket.send(message))
  http.listen(join(workspace, 'access/studio.sock'))
  await once(http, 'listening')
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    http.close()
  })
  writeFileSync(
    join(workspace, 'access/studio.json'),
    JSON.stringify({ version: 1, socket: 'access/studio.sock', pid: 77, host: 'desk' }),
  )
}

test.each([
  ['1.2.3', 'is open in a studio (process 77) whose sources differ from those of this program'],
  ['2.0.0', 'is open in version 2.0.0 of the studio (process 77), and this is version 1.2.3'],
])('a studio of version %s with another contract is refused', async (version, sentence) => {
  const workspace = emptyWorkspace()
  await stranger(
    workspace,
    JSON.stringify({ studio: 'MVD Studio', version, contract: 'other', workspace, works: true } satisfies Greeting),
  )
  const text = await refused(joinStudio(workspace, 'caller', '1.2.3'))
  expect(text).toContain(sentence)
  expect(text).toContain('Close that studio, or use the program that belongs to it.')
})

test.each(['hello', '{"studio":"MVD Studio"}', '[]'])('a program that says %s is not joined', async (message) => {
  const workspace = emptyWorkspace()
  await stranger(workspace, message)
  expect(await joinStudio(workspace, 'caller', '1.2.3')).toBeUndefined()
})

test('the pipe of a workspace on Windows cannot be guessed', () => {
  const paths = workspacePaths('/home/a/workspace')
  const [[first], [second]] = [[...addresses(paths, 'win32')], [...addresses(paths, 'win32')]]
  expect(first?.path).toMatch(/^\\\\\.\\pipe\\mvd-studio-[0-9a-f]{16}-[0-9a-f]{16}$/)
  expect(second?.path).not.toBe(first?.path)
})
