import { spawn } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { StudioError } from '#contract/api/errors.ts'
import { describeExit } from '#node/processes.ts'

/** How the native part of an engine comes to lie in the folder of its package. */
export interface Recipe {
  /** What is installed, as a sentence begins with it. */
  readonly title: string
  /** Folder of the package. */
  readonly folder: string
  /** What the installation makes, below that folder. One that fails leaves these as they were. */
  readonly makes: readonly string[]
  /** What must be there before the command runs. */
  prepare?(): void
  /** Arguments for Node, which runs in that folder. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export interface InstallOptions {
  readonly nodePath: string
  readonly signal: AbortSignal
  /** Hears what the command says of its progress, line by line. */
  say(line: string): void
  /** Tries what was installed; throws with the reason where it does not work. */
  verify(): Promise<void>
}

const keptLines = 12
const refusedByNetwork =
  /ENOTFOUND|EAI_AGAIN|ECONN|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|HTTP status code|TAR_BAD_ARCHIVE|certificate/

/**
 * Installs by a recipe and tries what came of it. Whatever goes wrong, what lay there before lies there again.
 * @throws StudioError `engine-unavailable` with what the network or the command complained of, `cancelled` when stopped.
 */
export async function install(recipe: Recipe, options: InstallOptions): Promise<void> {
  const before = setAside(recipe)
  try {
    recipe.prepare?.()
    await runCommand(recipe, options)
    const missing = recipe.makes.find((path) => !existsSync(join(recipe.folder, path)))
    if (missing !== undefined) throw failed(recipe, `${missing} is missing afterwards.`)
    await options.verify()
  } catch (cause) {
    before.restore()
    throw cause
  }
  before.discard()
}

/** Moves what is there out of the way, which takes no time and no space. */
function setAside({ folder, makes }: Recipe): { restore(): void; discard(): void } {
  const places = makes.map((path) => ({ path: join(folder, path), aside: join(folder, `${path}.before`) }))
  for (const { path, aside } of places) {
    // An installation that was killed has left what was good here.
    if (existsSync(aside)) rmSync(path, { recursive: true, force: true })
    else if (existsSync(path)) renameSync(path, aside)
  }
  return {
    restore() {
      for (const { path, aside } of places) {
        rmSync(path, { recursive: true, force: true })
        if (existsSync(aside)) renameSync(aside, path)
      }
    },
    discard() {
      for (const { aside } of places) rmSync(aside, { recursive: true, force: true })
    },
  }
}

async function runCommand(recipe: Recipe, { nodePath, signal, say }: InstallOptions): Promise<void> {
  const child = spawn(nodePath, [...recipe.command], {
    cwd: recipe.folder,
    env: { ...process.env, ...recipe.environment },
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
      if (stream === child.stdout) say(line)
    })
  }
  try {
    if (signal.aborted) stop()
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, killedBy) => resolve(describeExit(code, killedBy)))
    })
    if (signal.aborted)
      throw new StudioError(
        'cancelled',
        'The installation was stopped. Nothing was changed.',
        'Start it again when you want it.',
      )
    if (exit === describeExit(0, null)) return
    // Above the error, Node shows the line of code that threw it, which may hold the same words.
    const refusals = lines.filter((line) => refusedByNetwork.test(line))
    const refusal = refusals.find((line) => /^\w*Error: /.test(line)) ?? refusals[0]
    if (refusal === undefined) throw failed(recipe, [`${exit}.`, ...lines.slice(-keptLines)].join('\n'))
    throw new StudioError(
      'engine-unavailable',
      `${recipe.title} could not be fetched: ${refusal.replace(/^(\w*Error: )+/, '')}.`,
      'Check the network, and its proxy if it has one (HTTPS_PROXY), and try again. Nothing was changed; the other engines work as before.',
    )
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const failed = ({ title }: Recipe, reason: string): StudioError =>
  new StudioError(
    'engine-unavailable',
    `${title} could not be installed: ${reason}`,
    'Nothing was changed; the other engines work as before.',
  )
