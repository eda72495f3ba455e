import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { linkFrom } from './processes.ts'

/** A studio that serves a workspace to a browser, while `use` lasts. */
export async function withStudio<T>(
  folder: string,
  use: (studio: { readonly link: string; readonly pid: number; readonly openMs: number }) => Promise<T>,
): Promise<T> {
  const opened = performance.now()
  const studio = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../src/main/shells/cli/main.ts'), 'serve', '--workspace', folder, '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { pid } = studio
  if (pid === undefined) throw new Error('The studio could not be started.')
  try {
    const link = await linkFrom(studio.stdout)
    return await use({ link, pid, openMs: Math.round(performance.now() - opened) })
  } finally {
    studio.kill()
    await once(studio, 'exit')
  }
}
