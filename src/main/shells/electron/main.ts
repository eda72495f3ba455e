import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRouterClient } from '@orpc/server'
import { app, dialog, type BrowserWindow } from 'electron'
import { toStudioError } from '#contract/api/errors.ts'
import { defaultWorkspace, findInstallation } from '../../app/installation.ts'
import { closeChoices, closeModes, isNothing, openWork, stopWork, untilWork } from '../local/open-work.ts'
import { openSharedStudio } from '../local/shared-studio.ts'
import { parentEndedSignal } from '../parent.ts'
import { bridge } from './bridge.ts'
import { closingTexts } from './closing-texts.ts'
import { Closing } from './closing.ts'
import { guardAll } from './guards.ts'
import { setMenu } from './menu.ts'
import { registerPageScheme, servePage } from './page.ts'
import { openWindow } from './window.ts'

/** Entry of the desktop shell. */
const { values } = parseArgs({
  args: process.argv.slice(1),
  // `--launcher` is the process that waits for the window: `npm start`.
  options: { workspace: { type: 'string' }, launcher: { type: 'string' }, 'on-close': { type: 'string' } },
  strict: false,
  allowPositionals: true,
})
const workspace = typeof values.workspace === 'string' ? values.workspace : defaultWorkspace()
const closeMode = closeModes.find((mode) => mode === values['on-close']) ?? 'ask'

if (app.requestSingleInstanceLock()) {
  registerPageScheme()
  guardAll(app)
  app
    .whenReady()
    .then(open)
    .catch((cause: unknown) => {
      showProblem(cause)
      app.exit(1)
    })
} else {
  app.quit()
}

async function open(): Promise<void> {
  const installation = findInstallation()
  const studio = await openSharedStudio({ ...installation, workspace, shell: 'electron' })
  const client = createRouterClient(studio.router, { context: {} })
  const closeBridge = bridge(studio.router)
  servePage({ page: installation.page, mediaFile: (path) => studio.mediaFile(path) })
  setMenu(process.platform)
  let window: BrowserWindow | undefined

  const closing = new Closing(
    {
      work: () => openWork(client),
      ask: async (work) => {
        const { message, detail, buttons } = closingTexts(work, app.getLocale())
        const question = {
          type: 'question' as const,
          message,
          detail,
          buttons: closeChoices.map((choice) => buttons[choice]),
          defaultId: closeChoices.indexOf('keep'),
          cancelId: closeChoices.indexOf('cancel'),
          noLink: true,
        }
        const { response } = await (window === undefined
          ? dialog.showMessageBox(question)
          : dialog.showMessageBox(window, question))
        return closeChoices[response] ?? 'cancel'
      },
      stop: () => stopWork(client),
      untilIdle: (signal) => untilWork(client, isNothing, signal),
      closeWindow: () => window?.destroy(),
      quit: () => app.quit(),
      onProblem: showProblem,
    },
    closeMode,
  )

  const show = () => {
    const opened = openWindow(join(installation.root, 'out', 'preload', 'index.cjs'))
    opened.on('close', (event) => {
      if (closing.isDecided) return
      event.preventDefault()
      void closing.request()
    })
    opened.once('closed', () => (window = undefined))
    window = opened
  }
  const focusOrShow = () => {
    closing.reopened()
    if (window === undefined) show()
    else focus(window)
  }
  show()

  app.on('second-instance', focusOrShow)
  app.on('activate', focusOrShow)
  app.on('window-all-closed', () => {
    if (!closing.isInBackground) app.quit()
  })
  app.on('before-quit', (event) => {
    if (closing.isDecided) return
    event.preventDefault()
    void closing.request()
  })
  if (typeof values.launcher === 'string') parentEndedSignal().addEventListener('abort', () => closing.leave())
  app.once('will-quit', (event) => {
    event.preventDefault()
    closeBridge()
    void studio.close().finally(() => app.exit(0))
  })
}

function showProblem(cause: unknown): void {
  const { message, hint } = toStudioError(cause)
  dialog.showErrorBox(message, hint)
}

function focus(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.focus()
}
