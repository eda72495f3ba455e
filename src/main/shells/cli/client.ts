import { createRouterClient } from '@orpc/server'
import { StudioError } from '#contract/api/errors.ts'
import { findInstallation } from '../../app/installation.ts'
import type { GuestRole } from '../local/greeting.ts'
import type { JoinedStudio, StudioClient } from '../local/join.ts'
import { joinOrOpenStudio, type SharedStudio } from '../local/shared-studio.ts'
import { note, showError } from './output.ts'

export type { StudioClient } from '../local/join.ts'

/**
 * Calls `use` with a client of the studio of a workspace: the one that is open, for example in a window, or one that is opened for this
 * call and closed after it. Runs in progress continue, and queued ones stay in the queue.
 * @throws StudioError `disconnected` if the studio of another process closes before `use` is done
 */
export async function withStudio<T>(workspace: string, use: (client: StudioClient) => Promise<T>): Promise<T> {
  const studio = await reach(workspace, 'caller', false)
  try {
    return await call(studio, use)
  } finally {
    await release(studio)
  }
}

/**
 * Starts something that computes in the studio of a workspace and follows it to its end. If the studio belongs to another process and
 * closes meanwhile, the next one is joined, or opened by this process, and followed: nothing is lost but the studio.
 * @param follow is called again for each studio, with what `start` returned
 */
export async function startAndFollow<S, T>(
  workspace: string,
  start: (client: StudioClient) => Promise<S>,
  follow: (client: StudioClient, started: S) => Promise<T>,
): Promise<T> {
  let studio = await reach(workspace, 'caller', true)
  try {
    const started = await call(studio, start)
    for (;;) {
      if (studio.kind === 'joined') {
        // A follower can move to the next studio, so the process of this one need not wait for it.
        await release(studio)
        studio = await reach(workspace, 'follower', true)
        if (studio.kind === 'joined') note(describeJoined(studio))
      }
      try {
        return await call(studio, (client) => follow(client, started))
      } catch (cause) {
        if (!(cause instanceof StudioError) || cause.code !== 'disconnected') throw cause
        note('The studio that was followed has closed. The runs go on, and so does this command.')
      }
    }
  } finally {
    await release(studio)
  }
}

const reach = (workspace: string, role: GuestRole, startsRuns: boolean): Promise<SharedStudio | JoinedStudio> =>
  joinOrOpenStudio({ ...findInstallation(), workspace, shell: 'browser', works: startsRuns }, role)

function describeJoined({ pid, works }: JoinedStudio): string {
  const joined = `The workspace is open in another studio (process ${pid}), which computes the runs; this command follows them.`
  return works
    ? joined
    : `Another command (process ${pid}) has the workspace open and starts no runs. They start when it has ended.`
}

async function call<T>(studio: SharedStudio | JoinedStudio, use: (client: StudioClient) => Promise<T>): Promise<T> {
  if (studio.kind === 'own') return await use(createRouterClient(studio.router, { context: {} }))
  const left = studio.left.then(() => {
    throw new StudioError(
      'disconnected',
      `The studio that has the workspace open (process ${studio.pid}) closed before it was done.`,
      'Run the command again: it opens the workspace itself. "run list" shows what was launched.',
    )
  })
  return await Promise.race([use(studio.client), left])
}

/** Leaves a studio. One of this process closes when no other program needs it any more; the result of the verb does not wait for that. */
async function release(studio: SharedStudio | JoinedStudio): Promise<void> {
  if (studio.kind === 'joined') return studio.close()
  if (studio.socket?.isNeeded !== true) return await studio.close()
  note('Another command still uses the studio of this one, which ends with it.')
  studio.socket
    .untilUnneeded()
    .then(() => studio.close())
    .catch((cause: unknown) => {
      process.exitCode = 1
      showError(process.argv.includes('--json'), cause)
    })
}
