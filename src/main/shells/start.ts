import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Command } from 'commander'
import { toStudioError } from '#contract/api/errors.ts'
import { formatBytes } from '#contract/format.ts'
import { defaultWorkspace, findInstallation, type Installation } from '../app/installation.ts'
import { serve } from './browser/main.ts'
import { ensureBuilt } from './build-window.ts'
import { addressOption, onCloseOption, portOption, workspaceOption } from './cli/options.ts'
import { openProgress } from './cli/progress.ts'
import { CloseRequests, interruptedExitCode } from './close-requests.ts'
import { findElectron, installElectron, type FoundElectron } from './electron/binary.ts'
import type { CloseMode } from './local/open-work.ts'

/** `npm start`: the desktop shell if Electron can open a window, the browser shell otherwise. */
const options = new Command('npm start --')
  .description('Opens the studio in Electron, or in the browser if Electron cannot open a window.')
  .addOption(workspaceOption())
  .addOption(portOption())
  .addOption(addressOption())
  .addOption(onCloseOption())
  .option('--browser', 'use the browser even if Electron is installed')
  .parse()
  .opts<{ workspace?: string; port?: number; host: string; onClose: CloseMode; browser?: true }>()
const workspace = options.workspace ?? defaultWorkspace()
const print = (line: string) => console.log(line)
const requests = new CloseRequests()
const signal = requests.first

try {
  const installation = findInstallation()
  const electron = options.browser === true ? undefined : await requireElectron(installation)
  if (electron?.kind === 'found') {
    await ensureBuilt(installation, print)
    process.exitCode = await openWindow(electron.path, installation)
  } else if (!signal.aborted) {
    if (electron !== undefined) print(`${electron.reason} The studio opens in the browser instead.`)
    await serve({ workspace, port: options.port, address: options.host, onClose: options.onClose, print }, requests)
  }
} catch (cause) {
  const { message, hint } = toStudioError(cause)
  console.error(`${message}\n${hint}`)
  process.exitCode = 1
}

/** Electron's binary, downloaded if there is a display for it. */
async function requireElectron({ root }: Installation): Promise<FoundElectron> {
  const found = findElectron(root, process.env, process.platform)
  if (found.kind !== 'missing') return found
  print('Electron is not installed. Its installer downloads it once, about 120 MiB; --browser does without it.')
  const display = openProgress(false)
  const failure = await installElectron(
    root,
    ({ doneBytes, totalBytes }) =>
      display.update([
        {
          id: 'electron',
          title: 'Electron',
          done: Math.round((100 * doneBytes) / totalBytes),
          total: 100,
          detail: `% of ${formatBytes(totalBytes)}`,
          isMoving: doneBytes < totalBytes,
        },
      ]),
    signal,
  ).finally(() => display.close())
  return failure === undefined
    ? findElectron(root, process.env, process.platform)
    : { kind: 'missing', reason: failure }
}

/** Runs Electron until it ends. The first request to close is passed on to it, and it may ask; the second ends this process. Returns its exit code. */
async function openWindow(path: string, { root }: Installation): Promise<number> {
  const child = spawn(
    path,
    [root, '--workspace', workspace, '--on-close', options.onClose, '--launcher', String(process.pid)],
    { stdio: 'inherit' },
  )
  void requests.next().then(async () => {
    child.kill('SIGTERM')
    await requests.next()
    process.exit(interruptedExitCode)
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? (signal.aborted ? 0 : 1)
}
