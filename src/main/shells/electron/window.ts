import { BrowserWindow } from 'electron'
import { protocol } from '#contract/api/protocol.ts'

/** Opens the window. Its page is sandboxed and has no Node; `guardAll` keeps it to itself. */
export function openWindow(preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 860,
    minWidth: 800,
    minHeight: 560,
    title: 'MVD Studio',
    show: false,
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  void window.loadURL(`${protocol.appOrigin}/`)
  return window
}
