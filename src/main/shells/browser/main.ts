import { once } from 'node:events'
import { findInstallation } from '../../app/installation.ts'
import { openStudio } from '../../app/studio.ts'
import { ensureBuilt } from '../build-window.ts'
import { startServer } from './server.ts'

export interface ServeOptions {
  workspace: string
  /** 0 takes any free port. */
  port: number
  address: string
  /** Tells the person what goes on, the link above all. */
  say: (line: string) => void
}

/** Opens a workspace and serves it to a browser until `signal` aborts. Runs in progress go on after it. */
export async function serve({ workspace, port, address, say }: ServeOptions, signal: AbortSignal): Promise<void> {
  const installation = findInstallation()
  await ensureBuilt(installation, say)
  const studio = await openStudio({ ...installation, workspace, shell: 'browser' })
  try {
    const server = await startServer({
      router: studio.router,
      mediaFile: (path) => studio.mediaFile(path),
      page: installation.page,
      port,
      address,
    })
    say(
      `MVD Studio is open on ${studio.workspace}.\n\n  ${server.link}\n\nThe link is a key: whoever has it may use the studio. Ctrl-C closes it.`,
    )
    if (!signal.aborted) await once(signal, 'abort')
    await server.close()
  } finally {
    await studio.close()
  }
}
