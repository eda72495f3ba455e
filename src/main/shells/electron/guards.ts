import type { App, Session, WebContents } from 'electron'
import { protocol } from '#contract/api/protocol.ts'

/** The only permissions of the window: to copy text, and to show alerts. */
const granted: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'notifications'])

/**
 * Applies to every page and session, also those opened by other code: no other page, frame, window or download than those of the studio, no
 * device, and no permission except to copy text and to show notifications. Call before Electron is ready.
 */
export function guardAll(app: App): void {
  app.enableSandbox()
  app.on('web-contents-created', (_event, contents) => guardPage(contents))
  app.on('session-created', guardSession)
}

function guardPage(contents: WebContents): void {
  // The router changes the address without a navigation, so nothing that the window does arrives here.
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.on('select-bluetooth-device', (event, _devices, choose) => {
    event.preventDefault()
    choose('')
  })
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}

function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, decide) =>
    decide(granted.has(permission) && isOurs(contents.getURL())),
  )
  session.setPermissionCheckHandler((_contents, permission, origin) => granted.has(permission) && isOurs(origin))
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler(null)
  session.on('select-hid-device', (event, _details, choose) => {
    event.preventDefault()
    choose(null)
  })
  session.on('select-serial-port', (event, _ports, _contents, choose) => {
    event.preventDefault()
    choose('')
  })
  session.on('select-usb-device', (event, _details, choose) => {
    event.preventDefault()
    choose()
  })
  session.on('will-download', (event, item) => {
    // The window saves its charts from memory.
    if (!item.getURL().startsWith(`blob:${protocol.appOrigin}/`)) event.preventDefault()
  })
}

const isOurs = (address: string): boolean =>
  address === protocol.appOrigin || address.startsWith(`${protocol.appOrigin}/`)
