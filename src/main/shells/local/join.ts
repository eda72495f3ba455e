import { connect } from 'node:net'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { type RawData, WebSocket } from 'ws'
import type { Contract } from '#contract/api/contract.ts'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'
import type { StudioFile } from '#contract/domain/access.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { readRecord, socketOf } from './address.ts'
import { contractDigest, type Greeting, greeting, type GuestRole, roleParameter } from './greeting.ts'

export type StudioClient = ContractRouterClient<Contract>

/** A connection to a studio that another process has open. */
export interface JoinedStudio {
  readonly kind: 'joined'
  readonly client: StudioClient
  /** Process id of the studio. */
  readonly pid: number
  /** Whether the studio starts queued runs. */
  readonly works: boolean
  /** Resolves when the studio has closed, was killed, or does not answer any more. */
  readonly left: Promise<void>
  close(): void
}

export interface JoinLimits {
  /** For the first answer of a studio. */
  readonly greetingMs: number
  /** Between two signs of life. */
  readonly silenceMs: number
}

/** A studio that reads long logs may not answer for seconds. */
const standardLimits: JoinLimits = { greetingMs: 10_000, silenceMs: 60_000 }

/**
 * Connects to the studio that has a workspace open. Undefined if none answers at its socket: none is open, it was killed, it starts or
 * closes just now, or it belongs to another user or machine.
 * @param workspace its real path, as the studio names it
 * @throws StudioError `workspace-in-use` if the studio does not answer in time, or has another contract
 */
export async function joinStudio(
  workspace: string,
  role: GuestRole,
  version: string,
  limits = standardLimits,
): Promise<JoinedStudio | undefined> {
  const paths = workspacePaths(workspace)
  const record = readRecord(paths)
  if (record === undefined) return undefined
  const socket = new WebSocket(`ws://studio${protocol.socketPath}?${roleParameter}=${role}`, {
    createConnection: () => connect(socketOf(paths, record)),
    perMessageDeflate: false,
    // A list of many runs is long, and its sender is trusted.
    maxPayload: 0,
  })
  const first = await firstMessage(socket, limits.greetingMs)
  if (first === 'absent') return undefined
  if (first === 'silent') throw silent(workspace, record)
  const greeted = parseGreeting(first.text)
  if (greeted?.workspace !== workspace) {
    socket.terminate()
    return undefined
  }
  if (greeted.contract !== contractDigest()) {
    socket.terminate()
    throw otherVersion(workspace, record, greeted, version)
  }
  const left = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  watch(socket, limits.silenceMs)
  return {
    kind: 'joined',
    client: createORPCClient(new RPCLink({ websocket: lenient(socket) })),
    pid: record.pid,
    works: greeted.works,
    left,
    close: () => socket.close(),
  }
}

/** The first message of a studio; `absent` if nothing listens, `silent` if something does and says nothing in time. */
function firstMessage(socket: WebSocket, limitMs: number): Promise<{ text: string } | 'absent' | 'silent'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve('silent')
      socket.terminate()
    }, limitMs)
    socket.once('message', (data: RawData) => {
      clearTimeout(timer)
      resolve({ text: Buffer.isBuffer(data) ? data.toString('utf8') : '' })
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve('absent')
    })
    socket.on('error', (cause) => {
      clearTimeout(timer)
      // The socket of a killed studio, of another user, or no socket. The lock says whether the workspace can be opened.
      if (systemCode(cause) !== undefined || socket.readyState === WebSocket.CLOSED) resolve('absent')
      else reject(cause)
    })
  })
}

function parseGreeting(text: string): Greeting | undefined {
  try {
    return greeting.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Ends a connection whose studio gives no sign of life. */
function watch(socket: WebSocket, silenceMs: number): void {
  let heardAt = performance.now()
  const hear = () => void (heardAt = performance.now())
  socket.on('pong', hear)
  socket.on('message', hear)
  const timer = setInterval(() => {
    if (performance.now() - heardAt > silenceMs) socket.terminate()
    else socket.ping()
  }, silenceMs / 6)
  socket.once('close', () => clearInterval(timer))
}

/** A socket that ignores messages sent while it is closing: oRPC would throw an unhandled error. */
const lenient = (socket: WebSocket): ConstructorParameters<typeof RPCLink>[0]['websocket'] => ({
  addEventListener: socket.addEventListener.bind(socket) as globalThis.WebSocket['addEventListener'],
  removeEventListener: socket.removeEventListener.bind(socket) as globalThis.WebSocket['removeEventListener'],
  send: (data) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data as string | Uint8Array)
  },
  readyState: WebSocket.OPEN,
})

const silent = (workspace: string, { pid, host }: StudioFile): StudioError =>
  new StudioError(
    'workspace-in-use',
    `The studio that has the workspace ${workspace} open (process ${pid} on ${host}) does not answer.`,
    'Wait until it answers again, or end that process: its runs go on, and the next studio follows them.',
  )

const otherVersion = (workspace: string, { pid }: StudioFile, { version }: Greeting, own: string): StudioError =>
  new StudioError(
    'workspace-in-use',
    version === own
      ? `The workspace ${workspace} is open in a studio (process ${pid}) whose sources differ from those of this program, so they cannot talk to each other.`
      : `The workspace ${workspace} is open in version ${version} of the studio (process ${pid}), and this is version ${own}, so they cannot talk to each other.`,
    'Close that studio, or use the program that belongs to it. Its runs go on when it closes.',
  )
