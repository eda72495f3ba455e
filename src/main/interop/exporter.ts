import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'

/** A run to export, with the file that holds its points. */
export interface ExportedRun {
  readonly run: Run
  readonly pipeline: Pipeline
  /** Absolute path of `events.jsonl`. */
  readonly events: string
}

export interface Written {
  readonly points: number
  /** Sentences about what the format could not hold. */
  readonly notes: readonly string[]
}

/** Writes runs in one format. */
export interface Exporter {
  /** Names of the files that it writes for these runs, relative to the folder, with `/`. */
  files(runs: readonly ExportedRun[]): string[]
  /** Writes these files into an empty folder, which has the subfolders of their names. */
  write(folder: string, runs: readonly ExportedRun[], signal?: AbortSignal): Promise<Written>
}
