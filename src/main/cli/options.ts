import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { defaultWorkspace } from '../installation.ts'

const defaultPort = 8756

/** Folder from which the person called: npm changes into the package's folder and keeps the caller's in `INIT_CWD`. */
export function callerFolder(environment: NodeJS.ProcessEnv, folder: string): string {
  const isCalledByNpm = ['studio', 'start', 'demo'].includes(environment['npm_lifecycle_event'] ?? '')
  return (isCalledByNpm ? environment['INIT_CWD'] : undefined) ?? folder
}

/** An absolute path out of what the person typed. */
export function givenPath(path: string): string {
  const isHome = path === '~' || path.startsWith('~/')
  return isHome ? join(homedir(), path.slice(1)) : resolve(callerFolder(process.env, process.cwd()), path)
}

export const workspaceOption = (workspace = defaultWorkspace()): Option => new Option('--workspace <dir>', 'folder that holds everything the studio keeps').default(workspace).argParser(givenPath)

export const portOption = (): Option => new Option('--port <number>', 'port to listen on; 0 takes any free one').default(defaultPort).argParser(parsePort)

export const addressOption = (): Option => new Option('--host <address>', 'address to listen on; beyond this machine the link travels in plain text, so prefer an SSH tunnel with the same port').default('127.0.0.1')

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return port
}
