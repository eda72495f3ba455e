import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline, type Pipeline } from '#contract/domain/pipeline.ts'
import { type RunFile, runFile } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { readJson, writeJson } from '#node/json-file.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { queuedRecord, writeProcessRecord } from '../runs/process-record.ts'

/** The folders `pipelines/` and `runs/` of a workspace. */
export class PipelineStore {
  readonly #workspace: WorkspacePaths

  constructor(workspace: WorkspacePaths) {
    this.#workspace = workspace
  }

  has(id: string): boolean {
    return existsSync(this.#file(id))
  }

  ids(): string[] {
    return readdirSync(this.#workspace.pipelines)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map((name) => name.slice(0, -'.json'.length))
      .toSorted()
  }

  /** A pipeline with the files of its runs. */
  read(id: string): { document: Pipeline; files: RunFile[] } {
    const document = readJson(this.#file(id), pipeline)
    return {
      document,
      files: document.runIds.map((runId) => readJson(join(this.#workspace.runs, runId, runFiles.run), runFile)),
    }
  }

  /** Writes the folders of the runs first and the pipeline last: without its file the folders are ignored. */
  create(document: Pipeline, files: readonly RunFile[]): void {
    const folders = files.map((file) => join(this.#workspace.runs, file.id))
    try {
      for (const [index, folder] of folders.entries()) {
        // A folder without a pipeline was left by an interrupted launch.
        rmSync(folder, { recursive: true, force: true })
        mkdirSync(folder)
        writeJson(join(folder, runFiles.run), files[index])
        writeProcessRecord(folder, queuedRecord(document.createdAt))
      }
      writeJson(this.#file(document.id), document)
    } catch (cause) {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
      throw cause
    }
  }

  #file(id: string): string {
    return join(this.#workspace.pipelines, `${id}.json`)
  }
}
