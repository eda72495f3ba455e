import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { hostname } from 'node:os'
import { type WebSocket, WebSocketServer } from 'ws'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'
import { type StudioFile, studioFile } from '#contract/domain/access.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { toJson } from '#node/json-file.ts'
import { type WorkspacePaths, workspacePaths } from '#node/workspace-paths.ts'
import type { Studio } from '../../app/studio.ts'
import { type Address, addresses, insideAddress, readRecord, recordFile, removeSocket, socketOf } from './address.ts'
import { channelOf, closeSocket, maxPayloadBytes } from './channel.ts'
import { contractDigest, type Greeting, type GuestRole, guestRole, roleParameter } from './greeting.ts'

/** A studio that other programs of its user can talk to. */
export interface LocalSocket {
  /** Path of the socket, or name of the pipe. */
  readonly path: string
  /** Whether a program uses the studio whose work would be lost if it closed now. */
  readonly isNeeded: boolean
  /** Resolves when no program does. */
  untilUnneeded(): Promise<void>
  close(): Promise<void>
}

export interface ListenOptions {
  readonly version: string
  readonly works: boolean
}

/**
 * Listens on the local socket of a workspace, for its owner only, and records it in `access/studio.json`. Call it while the lock of
 * the workspace is held: then an earlier socket belongs to a studio that was killed, and is replaced.
 * @throws StudioError `bad-request` if the system allows no socket
 */
export async function listenLocally(
  studio: Pick<Studio, 'router' | 'workspace'>,
  { version, works }: ListenOptions,
): Promise<LocalSocket> {
  const workspace = workspacePaths(studio.workspace)
  removeEarlier(workspace)
  const http = createServer((_request, response) => response.writeHead(426).end('This is a socket of MVD Studio.\n'))
  const address = await listen(http, addresses(workspace))
  const server = new WebSocketServer({
    server: http,
    path: protocol.socketPath,
    maxPayload: maxPayloadBytes,
    perMessageDeflate: false,
  })
  const open = channelOf(studio.router)
  const callers = new Set<WebSocket>()
  let unneeded = Promise.withResolvers<void>()

  server.on('connection', (socket, request) => {
    socket.on('error', () => socket.terminate())
    if (roleOf(request.url) === 'caller') {
      callers.add(socket)
      socket.once('close', () => {
        callers.delete(socket)
        if (callers.size === 0) unneeded.resolve()
      })
    }
    open(socket)
    socket.send(
      toJson({
        studio: 'MVD Studio',
        version,
        contract: contractDigest(),
        workspace: studio.workspace,
        works,
      } satisfies Greeting),
    )
  })
  // Without a listener the errors of later connections would end the process.
  http.on('error', () => undefined)
  const record: StudioFile = studioFile.parse({ socket: address.recorded, pid: process.pid, host: hostname() })
  writeAtomically(recordFile(workspace), `${toJson(record, 2)}\n`, { mode: 0o600, sync: false })

  return {
    path: address.path,
    get isNeeded() {
      return callers.size > 0
    },
    untilUnneeded() {
      unneeded = Promise.withResolvers<void>()
      if (callers.size === 0) unneeded.resolve()
      return unneeded.promise
    },
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      await Promise.all([...server.clients].map(closeSocket))
      server.close()
      http.closeAllConnections()
      await closed
      rmSync(recordFile(workspace), { force: true })
      removeSocket(address.path)
    },
  }
}

async function listen(http: Server, candidates: Iterable<Address>): Promise<Address> {
  let problem: unknown
  for (const address of candidates) {
    try {
      http.listen(address.path)
      await once(http, 'listening')
      // Its folder is for the owner only already. Windows lets others only read from a pipe, which opens no connection.
      if (process.platform !== 'win32') chmodSync(address.path, 0o600)
      return address
    } catch (cause) {
      if (systemCode(cause) === undefined) throw cause
      problem = cause
      removeSocket(address.path)
    }
  }
  const reason = systemProblem(problem)?.problem ?? (problem instanceof Error ? problem.message : 'no folder for it')
  throw new StudioError(
    'bad-request',
    `No local socket can be opened: ${reason}.`,
    'The command line cannot use this workspace while this studio has it open.',
    { cause: problem },
  )
}

function removeEarlier(workspace: WorkspacePaths): void {
  const record = readRecord(workspace)
  if (record !== undefined) removeSocket(socketOf(workspace, record))
  const inside = insideAddress(workspace)
  if (inside !== undefined) removeSocket(inside.path)
}

const roleOf = (target = '/'): GuestRole =>
  guestRole.safeParse(new URL(target, 'http://studio').searchParams.get(roleParameter)).data ?? 'caller'
