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
  /** Writes a line for the user, such as the link. */
  print: (line: string) => void
}

/** Opens a workspace and serves it to a browser until `signal` aborts. Runs in progress continue afterwards. */
export async function serve({ workspace, port, address, print }: ServeOptions, signal: AbortSignal): Promise<void> {
  const installation = findInstallation()
  await ensureBuilt(installation, print)
  const studio = await openStudio({ ...installation, workspace, shell: 'browser' })
  try {
    const server = await startServer({
      router: studio.router,
      mediaFile: (path) => studio.mediaFile(path),
      page: installation.page,
      port,
      address,
    })
    print(
      `MVD Studio is open on ${studio.workspace}.\n\n  ${server.link}\n\nThe link gives access to the studio: do not share it. Ctrl-C closes the studio.`,
    )
    if (!signal.aborted) await once(signal, 'abort')
    await server.close()
  } finally {
    await studio.close()
  }
}
