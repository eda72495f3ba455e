import { readdirSync, statSync } from 'node:fs'
import { availableParallelism, homedir, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { BrowsedFiles, SystemInfo } from '#contract/api/contract.ts'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import type { MachineCards } from '#contract/domain/card.ts'
import { engineNames, type EngineVerdict } from '#contract/domain/engine.ts'
import { isMediaFile } from '../datasets/endings.ts'
import type { RunTask } from '../executors/task.ts'

export interface SystemOptions {
  readonly version: string
  readonly workspace: string
  readonly shell: SystemInfo['shell']
  readonly runTask: RunTask
  readonly cards: () => Promise<MachineCards>
}

interface Directory {
  path: string
  parent: string | null
  entries: { name: string; path: string; isDirectory: boolean }[]
}

/** What the studio knows of the machine that it runs on. */
export class System {
  readonly #options: SystemOptions

  constructor(options: SystemOptions) {
    this.#options = options
  }

  info(): SystemInfo {
    const { version, workspace, shell } = this.#options
    return {
      version,
      workspace,
      shell,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
    }
  }

  /** The NVIDIA cards of this machine now. */
  cards(): Promise<MachineCards> {
    return this.#options.cards()
  }

  /** Every engine with its last trial on this machine; with `again` all are tried again. */
  async engines(again: boolean, signal?: AbortSignal): Promise<EngineVerdict[]> {
    const { engines } = await this.#options.runTask('engines', { names: [...engineNames], again }, { signal })
    return engines
  }

  /** Folders, then files of the requested kind, each sorted by name, without hidden entries. The default path is the home directory. */
  browse(path = homedir(), files: BrowsedFiles = 'videos'): Directory {
    const directory = resolve(path)
    const parent = dirname(directory)
    const entries = readEntries(directory)
      .filter((name) => !name.startsWith('.'))
      .map((name) => ({ name, path: join(directory, name), isDirectory: isDirectory(join(directory, name)) }))
      .filter((entry) => entry.isDirectory || isListed[files](entry.name))
      .toSorted((a, b) => Number(b.isDirectory) - Number(a.isDirectory) || a.name.localeCompare(b.name))
    return { path: directory, parent: parent === directory ? null : parent, entries }
  }
}

const isListed: Readonly<Record<BrowsedFiles, (name: string) => boolean>> = {
  videos: isMediaFile,
  checkpoints: (name) => /\.(safetensors|pth|pt|bin|ckpt)$/i.test(name),
  runs: (name) => name.includes('tfevents') || /\.(db|sqlite3?)$/i.test(name),
}

function readEntries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT')
      throw new StudioError('not-found', `The folder ${directory} does not exist.`, 'Check the path.', { cause })
    if (code === 'ENOTDIR')
      throw new StudioError(
        'bad-request',
        `${directory} is a file, not a folder.`,
        'Choose the folder that holds it.',
        { cause },
      )
    const problem = systemProblem(cause)
    if (problem !== undefined)
      throw new StudioError(
        'bad-request',
        `The folder ${directory} cannot be read: ${problem.problem}.`,
        `${problem.hint} Or choose another folder.`,
        { cause },
      )
    throw cause
  }
}

/** Follows links. False for an unreadable entry, such as a dangling link or a locked folder. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    return false
  }
}
