import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { exportRecord, type ExportRecord } from '#contract/domain/checkpoint.ts'
import { readJson, writeJson } from '#node/json-file.ts'

/** What the workspace remembers of exports: one file each, below a folder for each checkpoint. */
export class ExportRecords {
  readonly #folder: string

  /** `folder` is made when it is needed. */
  constructor(folder: string) {
    this.#folder = folder
  }

  add(record: ExportRecord): void {
    const folder = join(this.#folder, record.checkpoint)
    mkdirSync(folder, { recursive: true })
    writeJson(join(folder, `${record.exportedAt.replaceAll(':', '-')}-${record.format}.json`), record)
  }

  /** Of one checkpoint, newest first. */
  of(checkpoint: string): ExportRecord[] {
    const folder = join(this.#folder, checkpoint)
    if (!existsSync(folder)) return []
    const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    return names
      .toSorted()
      .toReversed()
      .map((name) => readJson(join(folder, name), exportRecord))
  }
}
