import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { app, dialog, type BrowserWindow } from 'electron'
import { toStudioError } from '#contract/api/errors.ts'
import { defaultWorkspace, findInstallation } from '../../app/installation.ts'
import { openSharedStudio } from '../local/shared-studio.ts'
import { parentEndedSignal } from '../parent.ts'
import { bridge } from './bridge.ts'
import { guardAll } from './guards.ts'
import { setMenu } from './menu.ts'
import { registerPageScheme, servePage } from './page.ts'
import { openWindow } from './window.ts'

/** Entry of the desktop shell. */
const { values } = parseArgs({
  args: process.argv.slice(1),
  // `--launcher` is the process that waits for the window: `npm start`.
  options: { workspace: { type: 'string' }, launcher: { type: 'string' } },
  strict: false,
  allowPositionals: true,
})
const workspace = typeof values.workspace === 'string' ? values.workspace : defaultWorkspace()

if (app.requestSingleInstanceLock()) {
  registerPageScheme()
  guardAll(app)
  app
    .whenReady()
    .then(open)
    .catch((cause: unknown) => {
      const { message, hint } = toStudioError(cause)
      dialog.showErrorBox(message, hint)
      app.exit(1)
    })
} else {
  app.quit()
}

async function open(): Promise<void> {
  const installation = findInstallation()
  const studio = await openSharedStudio({ ...installation, workspace, shell: 'electron' })
  const closeBridge = bridge(studio.router)
  servePage({ page: installation.page, mediaFile: (path) => studio.mediaFile(path) })
  setMenu(process.platform)
  const window = openWindow(join(installation.root, 'out', 'preload', 'index.cjs'))

  app.on('second-instance', () => focus(window))
  app.on('window-all-closed', () => app.quit())
  if (typeof values.launcher === 'string') parentEndedSignal().addEventListener('abort', () => app.quit())
  app.once('will-quit', (event) => {
    event.preventDefault()
    closeBridge()
    void studio.close().finally(() => app.exit(0))
  })
}

function focus(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.focus()
}
