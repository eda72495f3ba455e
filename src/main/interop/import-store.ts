import { existsSync } from 'node:fs'
import { mkdtemp, open, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { PipelineFile } from '#contract/domain/pipeline.ts'
import { formatVersions, runFiles } from '#contract/layout.ts'
import { syncPath } from '#node/durable-folder.ts'
import { writeJson } from '#node/json-file.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { queuedRecord, writeProcessRecord } from '../runs/process-record.ts'
import { OutputFile } from './output-file.ts'

type Folders = Pick<WorkspacePaths, 'runs' | 'pipelines'>

/** Writes the files of imported runs. */
export class ImportStore {
  readonly #workspace: Folders

  constructor(workspace: Folders) {
    this.#workspace = workspace
  }

  /** Writes a new run beside its folder, then gives it its name, and the pipeline last: without it the folder is ignored. */
  async create(document: PipelineFile, runId: string, lines: Iterable<string>, signal?: AbortSignal): Promise<void> {
    const { imported } = document
    if (imported === undefined) throw new Error(`The pipeline ${document.id} was not imported.`)
    const { format, path, name } = imported
    const folder = join(this.#workspace.runs, runId)
    const staging = await mkdtemp(join(this.#workspace.runs, '.import-'))
    try {
      writeJson(join(staging, runFiles.imported), {
        version: formatVersions.importedRun,
        id: runId,
        pipelineId: document.id,
        source: { format, path, name },
      })
      writeProcessRecord(staging, { ...queuedRecord(document.createdAt), submittedAt: document.createdAt })
      await OutputFile.write(join(staging, runFiles.events), async (file) => {
        for (const text of lines) {
          signal?.throwIfAborted()
          await file.append(text)
          await setImmediate()
        }
      })
      // A folder without a pipeline was left by an interrupted import.
      await rm(folder, { recursive: true, force: true })
      await rename(staging, folder)
      await syncPath(this.#workspace.runs)
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
    this.writePipeline(document)
  }

  writePipeline(document: PipelineFile): void {
    writeJson(join(this.#workspace.pipelines, `${document.id}.json`), document)
  }

  eventsFile(runId: string): string {
    return join(this.#workspace.runs, runId, runFiles.events)
  }

  isPresent(runId: string): boolean {
    return existsSync(this.eventsFile(runId))
  }

  /** Appends lines to the events of a run; all of them or, if that fails, none. */
  async append(runId: string, lines: Iterable<string>): Promise<void> {
    const path = this.eventsFile(runId)
    const before = await wholeLines(path)
    await truncate(path, before)
    const handle = await open(path, 'a')
    try {
      for (const text of lines) {
        await handle.appendFile(text)
        await setImmediate()
      }
      await handle.sync()
    } catch (cause) {
      await handle.truncate(before)
      throw cause
    } finally {
      await handle.close()
    }
  }
}

const newline = 0x0a

/** Bytes up to the last line that has its end; an import that was interrupted may have left a part of one behind it. */
async function wholeLines(path: string): Promise<number> {
  const { size } = await stat(path)
  const handle = await open(path, 'r')
  try {
    let end = size
    const bytes = Buffer.alloc(1 << 16)
    while (end > 0) {
      const start = Math.max(0, end - bytes.length)
      const { bytesRead } = await handle.read(bytes, 0, end - start, start)
      const last = bytes.subarray(0, bytesRead).lastIndexOf(newline)
      if (last !== -1) return start + last + 1
      end = start
    }
    return 0
  } finally {
    await handle.close()
  }
}
