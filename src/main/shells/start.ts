import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Command } from 'commander'
import { toStudioError } from '#contract/api/errors.ts'
import { defaultWorkspace, findInstallation } from '../app/installation.ts'
import { serve } from './browser/main.ts'
import { ensureBuilt } from './build-window.ts'
import { interruptSignal } from './cli/interrupt.ts'
import { addressOption, portOption, workspaceOption } from './cli/options.ts'
import { findElectron } from './electron/find.ts'

/** `npm start`: the desktop shell where Electron can open a window, the browser shell otherwise. */
const options = new Command('npm start --')
  .description('Opens the studio in Electron, or in the browser where Electron cannot open a window.')
  .addOption(workspaceOption())
  .addOption(portOption())
  .addOption(addressOption())
  .option('--browser', 'use the browser even where Electron is there')
  .parse()
  .opts<{ workspace?: string; port: number; host: string; browser?: true }>()
const workspace = options.workspace ?? defaultWorkspace()
const say = (line: string) => console.log(line)

try {
  const installation = findInstallation()
  const electron = findElectron(installation.root, process.env, process.platform)
  if (electron.kind === 'found' && options.browser !== true) {
    await ensureBuilt(installation, say)
    const child = spawn(electron.path, [installation.root, '--workspace', workspace], { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    process.exitCode = code ?? 1
  } else {
    if (electron.kind === 'missing' && options.browser !== true)
      say(`${electron.reason} The studio opens in the browser instead.`)
    await serve({ workspace, port: options.port, address: options.host, say }, interruptSignal())
  }
} catch (cause) {
  const { message, hint } = toStudioError(cause)
  console.error(`${message}\n${hint}`)
  process.exitCode = 1
}
