import { EventEmitter } from 'node:events'
import type { MessagePort } from 'node:worker_threads'

type Handler = (request: { url: string; method: string }) => Promise<Response>

/** Whether no listener prevented what comes after an event. */
function emitPreventable(emitter: EventEmitter, name: string): boolean {
  let isPrevented = false
  emitter.emit(name, { preventDefault: () => (isPrevented = true) })
  return !isPrevented
}

/** A stand-in for the `electron` module: what the shell uses of it, joined as Electron joins main process, preload and page. */
export class App extends EventEmitter {
  readonly ready = Promise.withResolvers<void>()
  isFirst = true
  exitCode: number | undefined
  isSandboxed = false
  enableSandbox = () => void (this.isSandboxed = true)
  requestSingleInstanceLock = () => this.isFirst
  whenReady = () => this.ready.promise
  getLocale = () => 'en-US'
  quit = () => {
    if (emitPreventable(this, 'before-quit')) this.emit('will-quit', { preventDefault: () => {} })
  }
  exit = (code: number) => {
    this.exitCode = code
    this.emit('exited')
  }
}
export const app = new App()

export const dialog = {
  errors: [] as [string, string][],
  questions: [] as { message: string; buttons: string[] }[],
  /** Index of the button that the person chooses. */
  response: 0,
  showMessageBox: async (_window: unknown, question: { message: string; buttons: string[] }) => {
    dialog.questions.push(question)
    return { response: dialog.response }
  },
  showErrorBox: (title: string, content: string) => void dialog.errors.push([title, content]),
}

export const Menu = {
  shown: undefined as unknown,
  buildFromTemplate: (template: unknown) => template,
  setApplicationMenu: (menu: unknown) => void (Menu.shown = menu),
}

interface Scheme {
  scheme: string
  privileges: Record<string, boolean>
}
class Protocol {
  readonly privileged: Scheme[] = []
  readonly handlers = new Map<string, Handler>()
  registerSchemesAsPrivileged = (schemes: Scheme[]) => void this.privileged.push(...schemes)
  handle = (scheme: string, handler: Handler) => void this.handlers.set(scheme, handler)
}
export const protocol = new Protocol()

export class WebContents extends EventEmitter {
  url = ''
  readonly session: Session
  openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })
  setWindowOpenHandler = (handler: typeof this.openHandler) => void (this.openHandler = handler)
  getURL = () => this.url
  constructor(session = new Session()) {
    super()
    this.session = session
    app.emit('web-contents-created', {}, this)
  }
}

type PermissionRequest = (contents: WebContents, permission: string, decide: (isGranted: boolean) => void) => void
type PermissionCheck = (contents: WebContents | null, permission: string, origin: string) => boolean
export class Session extends EventEmitter {
  permissionRequest: PermissionRequest = (_contents, _permission, decide) => decide(true)
  permissionCheck: PermissionCheck = () => true
  device = () => true
  setPermissionRequestHandler = (handler: PermissionRequest) => void (this.permissionRequest = handler)
  setPermissionCheckHandler = (handler: PermissionCheck) => void (this.permissionCheck = handler)
  setDevicePermissionHandler = (handler: () => boolean) => void (this.device = handler)
  setDisplayMediaRequestHandler = (_handler: null) => {}
  constructor() {
    super()
    app.emit('session-created', this)
  }
}

export class BrowserWindow extends EventEmitter {
  static opened: BrowserWindow[] = []
  readonly webContents = new WebContents()
  readonly options: { show: boolean; webPreferences: Record<string, unknown> }
  url = ''
  isShown = false
  isFocused = false
  minimized = false
  constructor(options: BrowserWindow['options']) {
    super()
    this.options = options
    BrowserWindow.opened.push(this)
  }
  loadURL = async (url: string): Promise<void> => void (this.webContents.url = this.url = url)
  show = () => void (this.isShown = true)
  focus = () => void (this.isFocused = true)
  isMinimized = () => this.minimized
  restore = () => void (this.minimized = false)
  /** What the button of the window does. */
  close = () => {
    if (emitPreventable(this, 'close')) this.destroy()
  }
  destroy = () => {
    this.emit('closed')
    app.emit('window-all-closed')
  }
}

export interface Frame {
  origin: string
  parent: Frame | null
}
/** The frame from which the preload speaks; a test may put another page in its place. */
export const sender: { frame: Frame | null } = { frame: { origin: 'app://studio', parent: null } }

export const ipcMain = new EventEmitter()

export const ipcRenderer = {
  postMessage(channel: string, message: unknown, transfer: MessagePort[]) {
    const ports = transfer.map((port) => new MessagePortMain(port))
    ipcMain.emit(channel, { senderFrame: sender.frame, ports }, structuredClone(message))
  },
}

/** Electron's MessagePort of the main process: an emitter of events with `data`, silent until it is started. */
class MessagePortMain extends EventEmitter {
  readonly #port: MessagePort
  constructor(port: MessagePort) {
    super()
    this.#port = port
    port.on('close', () => this.emit('close'))
  }
  start() {
    this.#port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }))
  }
  postMessage(message: unknown) {
    this.#port.postMessage(message, [])
  }
}
