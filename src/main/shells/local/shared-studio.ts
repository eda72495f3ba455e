import { realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { processExists } from '#node/processes.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { openStudio, type Studio, type StudioOptions } from '../../app/studio.ts'
import { readRecord } from './address.ts'
import type { GuestRole } from './greeting.ts'
import { type JoinedStudio, joinStudio } from './join.ts'
import { listenLocally, type LocalSocket } from './listen.ts'

/** A studio of this process that other programs of its user can join. */
export interface SharedStudio extends Studio {
  readonly kind: 'own'
  /** Undefined if the system allows no socket. */
  readonly socket: LocalSocket | undefined
}

/** How long a workspace is waited for that another process is about to open or to close. A person at a window waits less. */
const patienceMs = { command: 10_000, window: 3000 }
const retryMs = 100

/**
 * Opens a workspace in this process, and lets others join.
 * @throws StudioError as `openStudio`; `workspace-in-use` if another studio has it open, at once if that one can be joined
 */
export async function openSharedStudio(options: StudioOptions): Promise<SharedStudio> {
  return await patiently(options, patienceMs.window, async () => {
    const other = await join(options, 'follower')
    other?.close()
    return await share(options, other?.works === true)
  })
}

/**
 * Joins the studio that has a workspace open, or opens it in this process if none has.
 * @throws StudioError as `openStudio` and `joinStudio`
 */
export async function joinOrOpenStudio(options: StudioOptions, role: GuestRole): Promise<SharedStudio | JoinedStudio> {
  return await patiently(options, patienceMs.command, async () => (await join(options, role)) ?? (await share(options)))
}

function join({ workspace, version }: StudioOptions, role: GuestRole): Promise<JoinedStudio | undefined> {
  const path = realPath(workspace)
  return path === undefined ? Promise.resolve(undefined) : joinStudio(path, role, version)
}

/** The real path of a workspace; undefined if there is none yet, or it cannot be looked at. */
function realPath(workspace: string): string | undefined {
  try {
    return realpathSync(workspace)
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    return undefined
  }
}

/** Another process holds the lock of the workspace. */
class InUse extends Error {
  /** Whether it makes no sense to wait for it. */
  readonly isForLong: boolean

  constructor(cause: StudioError, isForLong: boolean) {
    super(cause.message, { cause })
    this.isForLong = isForLong
  }
}

async function share(options: StudioOptions, isForLong = false): Promise<SharedStudio> {
  const studio = await openStudio(options).catch((cause: unknown) => {
    throw cause instanceof StudioError && cause.code === 'workspace-in-use' ? new InUse(cause, isForLong) : cause
  })
  const { version, works = true } = options
  const socket = await listenLocally(studio, { version, works }).catch((cause: unknown) => {
    if (!(cause instanceof StudioError)) throw cause
    process.stderr.write(`${cause.message} ${cause.hint}\n`)
    return undefined
  })
  return {
    ...studio,
    kind: 'own',
    socket,
    async close() {
      await socket?.close()
      await studio.close()
    },
  }
}

/** Tries again while another process holds the lock, for some seconds. */
async function patiently<T>({ workspace }: StudioOptions, limitMs: number, open: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + limitMs
  for (;;) {
    try {
      return await open()
    } catch (cause) {
      if (!(cause instanceof InUse)) throw cause
      if (cause.isForLong || performance.now() > endsAt) throw named(workspace, cause)
    }
    await delay(retryMs)
  }
}

/** Names the process that has the workspace open, if it left its id. */
function named(workspace: string, { cause }: InUse): unknown {
  const path = realPath(workspace)
  const record = path === undefined ? undefined : readRecord(workspacePaths(path))
  if (!(cause instanceof StudioError) || record === undefined) return cause
  if (record.host === hostname() && !processExists(record.pid)) return cause
  return new StudioError(
    'workspace-in-use',
    `The workspace ${path} is already open in another studio (process ${record.pid} on ${record.host}).`,
    `${cause.hint} If it serves a browser, "access link" makes another link to it.`,
    { cause },
  )
}
