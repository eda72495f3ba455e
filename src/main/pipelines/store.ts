import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { pipelineFile, type PipelineFile } from '#contract/domain/pipeline.ts'
import { type RunFile, runFile } from '#contract/domain/run.ts'
import { pipelineOrganizationEnding, runFiles, trashSeparator } from '#contract/layout.ts'
import { readJson, writeJson } from '#node/json-file.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { queuedRecord, writeProcessRecord } from '../runs/process-record.ts'
import { adoptCheckpoint, type Continued } from './continuation.ts'

/** The folders `pipelines/` and `runs/` of a workspace. */
export class PipelineStore {
  readonly #workspace: WorkspacePaths

  constructor(workspace: WorkspacePaths) {
    this.#workspace = workspace
  }

  /** Whether the id is taken: by a pipeline, by one in the trash, or by runs that computed something and whose pipeline is lost. */
  has(id: string): boolean {
    return (
      existsSync(this.#file(id)) ||
      this.#isInTrash(id) ||
      this.runFolders().some(
        (name) => name.startsWith(`${id}.`) && existsSync(join(this.#workspace.runs, name, runFiles.events)),
      )
    )
  }

  /** Names of all folders in `runs/`. */
  runFolders(): string[] {
    return readdirSync(this.#workspace.runs, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .toSorted()
  }

  ids(): string[] {
    return readdirSync(this.#workspace.pipelines)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.') && !name.endsWith(pipelineOrganizationEnding))
      .map((name) => name.slice(0, -'.json'.length))
      .toSorted()
  }

  /** A pipeline with the files of its runs; undefined for a run whose file is missing or damaged. */
  read(id: string): { document: PipelineFile; files: Map<string, RunFile | undefined> } {
    const document = readJson(this.#file(id), pipelineFile)
    return { document, files: new Map(document.runIds.map((runId) => [runId, this.#readRun(runId)])) }
  }

  #readRun(id: string): RunFile | undefined {
    try {
      return readJson(join(this.#workspace.runs, id, runFiles.run), runFile)
    } catch (cause) {
      // The ledger checks every run, marks this one as missing and reports why.
      if (cause instanceof StudioError) return undefined
      throw cause
    }
  }

  /** Writes the folders of the runs, the first with the checkpoint from which it continues, and the pipeline last: without its file the folders are ignored. */
  create(document: PipelineFile, files: readonly RunFile[], continued?: Continued): void {
    const folders = files.map((file) => join(this.#workspace.runs, file.id))
    try {
      for (const [index, folder] of folders.entries()) {
        // A folder without a pipeline was left by an interrupted launch.
        rmSync(folder, { recursive: true, force: true })
        mkdirSync(folder)
        if (index === 0 && continued !== undefined) adoptCheckpoint(continued, folder, files[index]?.id ?? '')
        writeJson(join(folder, runFiles.run), files[index])
        writeProcessRecord(folder, queuedRecord(document.createdAt))
      }
      writeJson(this.#file(document.id), document)
    } catch (cause) {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
      throw cause
    }
  }

  #isInTrash(id: string): boolean {
    const { trash } = this.#workspace
    return (
      existsSync(trash) &&
      readdirSync(trash).some((name) => name.startsWith(`${id}${trashSeparator}`) || name.startsWith(`${id}.`))
    )
  }

  #file(id: string): string {
    return join(this.#workspace.pipelines, `${id}.json`)
  }
}
