import { createRouterClient } from '@orpc/server'
import { StudioError } from '#contract/api/errors.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { Keys } from '../../access/keys.ts'
import { servedLink } from '../../access/served-link.ts'
import { findInstallation } from '../../app/installation.ts'
import { ensureBuilt } from '../build-window.ts'
import { type CloseRequests, interruptedExitCode } from '../close-requests.ts'
import type { CloseMode } from '../local/open-work.ts'
import { openSharedStudio } from '../local/shared-studio.ts'
import { askInTerminal } from './ask.ts'
import { mayClose } from './closing.ts'
import { startServer } from './server.ts'

/** Port of a workspace that was never served. */
const defaultPort = 8756

export interface ServeOptions {
  workspace: string
  /** 0 takes any free port; undefined the port of the last start, or the usual one. */
  port: number | undefined
  address: string
  /** What becomes of runs when the studio closes. `ask` keeps them running if there is no terminal to ask in. */
  onClose: CloseMode
  /** Writes a line for the user, such as the link. */
  print: (line: string) => void
}

/**
 * Opens a workspace and serves it to a browser until it is asked to close. If another studio serves it already, this prints a link to that one.
 * @throws StudioError `workspace-in-use` if another studio has it open and serves no browser
 */
export async function serve(
  { workspace, port, address, onClose, print }: ServeOptions,
  requests: CloseRequests,
): Promise<void> {
  const installation = findInstallation()
  await ensureBuilt(installation, print)
  const studio = await openSharedStudio({ ...installation, workspace, shell: 'browser' }).catch(
    async (cause: unknown) => {
      if (!(cause instanceof StudioError) || cause.code !== 'workspace-in-use') throw cause
      const keys = new Keys(workspacePaths(workspace).access)
      const link = keys.server() === undefined ? undefined : await servedLink(keys)
      if (link === undefined) throw cause
      print(
        `MVD Studio is open on ${workspace} already.\n\n  ${link}\n\nThe link gives one browser access, once: do not share it. Another window of a browser that has access needs none.`,
      )
      return undefined
    },
  )
  if (studio === undefined) return
  try {
    const { keys } = studio
    const start = (port: number, portToKeep?: number) =>
      startServer({
        router: studio.router,
        keys,
        workspace: studio.workspace,
        mediaFile: (path) => studio.mediaFile(path),
        page: installation.page,
        port,
        portToKeep,
        address,
      })
    const kept = keys.server()?.port ?? defaultPort
    const server = await start(port ?? kept).catch((cause: unknown) => {
      if (port !== undefined || !(cause instanceof StudioError) || cause.code !== 'port-in-use') throw cause
      print(
        `Port ${kept} is in use by another program, so the studio takes another one. Pages and bookmarks of port ${kept} do not reach it until it gets that port again.`,
      )
      return start(0, kept)
    })
    print(
      `MVD Studio is open on ${studio.workspace}.\n\n  ${server.link}\n\nThe link gives one browser access, once: do not share it. That browser then opens ${server.origin} without a link,\nalso after a restart. "npm run -s studio -- access link" makes another link. Ctrl-C closes the studio.`,
    )
    const client = createRouterClient(studio.router, { context: {} })
    for (let isOpen = true; isOpen;) {
      const reason = await requests.next()
      // Nobody reads a terminal that was closed.
      const isRead = reason === 'key' || reason === 'terminated'
      const canAsk = reason === 'key' && process.stdin.isTTY
      isOpen = !(await mayClose(client, {
        mode: onClose,
        ask: canAsk ? (work) => askInTerminal(work, requests) : undefined,
        print: isRead ? print : () => undefined,
        requests,
      }))
    }
    void requests.next().then(() => process.exit(interruptedExitCode))
    await server.close()
  } finally {
    await studio.close()
  }
}
