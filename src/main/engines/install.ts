import { spawn } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { StudioError } from '#contract/api/errors.ts'
import { describeExit } from '#node/processes.ts'

/** How to install the native part of an engine in the folder of its package. */
export interface Recipe {
  /** What is installed, to start a sentence with. */
  readonly title: string
  /** Folder of the package. */
  readonly folder: string
  /** Paths in that folder that the installation creates. If it fails, their former contents are restored. */
  readonly makes: readonly string[]
  /** Creates them. @throws StudioError `engine-unavailable` if a download fails */
  make(options: InstallOptions): Promise<void>
  /** Removes what was kept in case the installation failed and is tried again. */
  readonly forget?: () => void
}

/** A script of a package, or a program that Node runs. */
export interface Command {
  /** Prepares the folder of the recipe. */
  prepare?(): void
  /** Arguments for Node, with that folder as working directory. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** A recipe that runs a command. */
export const byCommand = (
  { title, folder, makes }: Pick<Recipe, 'title' | 'folder' | 'makes'>,
  command: Command,
): Recipe => ({
  title,
  folder,
  makes,
  async make(options) {
    command.prepare?.()
    await runCommand(title, folder, command, options)
  },
})

export interface InstallOptions {
  readonly nodePath: string
  readonly signal: AbortSignal
  /** Receives the command's progress, line by line. */
  onProgress(line: string): void
  /** Tries what was installed. @throws with the reason if it does not work */
  verify(): Promise<void>
}

const keptLines = 12
const networkError =
  /ENOTFOUND|EAI_AGAIN|ECONN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|HTTP status code|TAR_BAD_ARCHIVE|certificate/

/**
 * Installs a recipe and tries the result. On failure the former contents are restored.
 * @throws StudioError `engine-unavailable` with the error of the network or the command, `cancelled` if the signal aborts
 */
export async function install(recipe: Recipe, options: InstallOptions): Promise<void> {
  const before = setAside(recipe)
  try {
    await recipe.make(options)
    const missing = recipe.makes.find((path) => !existsSync(join(recipe.folder, path)))
    if (missing !== undefined)
      throw failed(recipe.title, `the command ended without errors but did not create ${missing}.`)
    await options.verify()
  } catch (cause) {
    before.restore()
    throw options.signal.aborted ? cancelled() : cause
  }
  before.discard()
  recipe.forget?.()
}

/** Renames existing paths, which takes no time and no space. */
function setAside({ folder, makes }: Recipe): { restore(): void; discard(): void } {
  const moved = makes.map((path) => ({ path: join(folder, path), aside: join(folder, `${path}.before`) }))
  for (const { path, aside } of moved) {
    // Left by an installation that was killed.
    if (existsSync(aside)) rmSync(path, { recursive: true, force: true })
    else if (existsSync(path)) renameSync(path, aside)
  }
  return {
    restore() {
      for (const { path, aside } of moved) {
        rmSync(path, { recursive: true, force: true })
        if (existsSync(aside)) renameSync(aside, path)
      }
    },
    discard() {
      for (const { aside } of moved) rmSync(aside, { recursive: true, force: true })
    },
  }
}

/** @throws StudioError `engine-unavailable` with the error of the network or the command, `cancelled` if the signal aborts */
export async function runCommand(
  title: string,
  folder: string,
  { command, environment }: Command,
  { nodePath, signal, onProgress }: InstallOptions,
): Promise<void> {
  const child = spawn(nodePath, [...command], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const stop = () => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return
      lines.push(line.trim())
      if (stream === child.stdout) onProgress(line)
    })
  }
  try {
    if (signal.aborted) stop()
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, killedBy) => resolve(describeExit(code, killedBy)))
    })
    if (signal.aborted) throw cancelled()
    if (exit === describeExit(0, null)) return
    // Node prints the line of code that threw above the error; it can match as well.
    const matches = lines.filter((line) => networkError.test(line))
    const message = matches.find((line) => /^\w*Error: /.test(line)) ?? matches[0]
    if (message === undefined) throw failed(title, [`${exit}.`, ...lines.slice(-keptLines)].join('\n'))
    throw new StudioError(
      'engine-unavailable',
      `${title} could not be downloaded: ${message.replace(/^(\w*Error: )+/, '')}.`,
      'Check the network and the proxy (HTTPS_PROXY), then try again. Nothing was changed; the other engines work as before.',
    )
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** @throws StudioError `engine-unavailable` if the package is not installed */
export function packageFolder(name: string): string {
  const { resolve } = createRequire(import.meta.url)
  try {
    return dirname(resolve(`${name}/package.json`))
  } catch (cause) {
    throw new StudioError(
      'engine-unavailable',
      `The package ${name} is not installed.`,
      "Run npm ci in the studio's folder. If the package does not exist for your system, choose another engine.",
      { cause },
    )
  }
}

const cancelled = (): StudioError =>
  new StudioError(
    'cancelled',
    'The installation was cancelled. Nothing was changed.',
    'Start it again to install the engine.',
  )

const failed = (title: string, reason: string): StudioError =>
  new StudioError(
    'engine-unavailable',
    `${title} could not be installed: ${reason}`,
    'Nothing was changed; the other engines work as before.',
  )
