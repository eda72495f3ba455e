import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { defaultWorkspace } from '../../app/installation.ts'
import { closeModes } from '../local/open-work.ts'

/** The options of every verb. */
export interface Common {
  workspace: string
  isJson: boolean
}

/** Adds the options that every verb takes, before or after it. */
export function commonOptions(command: Command): Command {
  return command
    .addOption(workspaceOption())
    .option('--json', 'print one JSON document on standard output, and errors as JSON on standard error')
}

export function commonOf(command: Command, standardWorkspace = defaultWorkspace()): Common {
  const { workspace, json } = command.optsWithGlobals<{ workspace?: string; json?: true }>()
  return { workspace: workspace ?? standardWorkspace, isJson: json === true }
}

/** The working directory of the user's terminal: npm changes into the package's folder and keeps the caller's in `INIT_CWD`. */
export function callerFolder(environment: NodeJS.ProcessEnv, folder: string): string {
  const isCalledByNpm = ['studio', 'start', 'demo'].includes(environment['npm_lifecycle_event'] ?? '')
  return (isCalledByNpm ? environment['INIT_CWD'] : undefined) ?? folder
}

/** Help for an argument that names a model. */
export const modelHelp =
  'a checkpoint (<run id>@<step>), a run (its newest checkpoint, or its best one with early stopping), or an imported model'

/** The absolute path of an argument. */
export function givenPath(path: string): string {
  const isHome = path === '~' || path.startsWith('~/')
  return isHome ? join(homedir(), path.slice(1)) : resolve(callerFolder(process.env, process.cwd()), path)
}

export const workspaceOption = (): Option =>
  new Option(
    '--workspace <dir>',
    'folder with everything that the studio stores (default: mvd-studio in the home folder)',
  ).argParser(givenPath)

export const portOption = (): Option =>
  new Option(
    '--port <number>',
    'port to listen on; 0 takes any free one (default: that of the last start, at first 8756)',
  ).argParser(parsePort)

export const addressOption = (): Option =>
  new Option(
    '--host <address>',
    'address to listen on; over a network the link is sent in plain text, so prefer an SSH tunnel with the same port',
  ).default('127.0.0.1')

export const onCloseOption = (): Option =>
  new Option(
    '--on-close <choice>',
    'what becomes of runs when the studio closes while some compute or wait: ask in the terminal, keep them running, or save and stop them',
  )
    .choices(closeModes)
    .default('ask')

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return port
}
