import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { organization, type Organization, type OrganizedKind } from '#contract/domain/organization.ts'
import { pipelineOrganizationEnding, runFiles } from '#contract/layout.ts'
import { readJson, readJsonIfPresent, writeJson } from '#node/json-file.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'

export interface Organized {
  readonly kind: OrganizedKind
  readonly id: string
}

/** The files `runs/<id>/organization.json` and `pipelines/<id>.organization.json`. */
export class OrganizationFiles {
  readonly #workspace: Pick<WorkspacePaths, 'runs' | 'pipelines'>

  constructor(workspace: Pick<WorkspacePaths, 'runs' | 'pipelines'>) {
    this.#workspace = workspace
  }

  file({ kind, id }: Organized): string {
    return kind === 'run'
      ? join(this.#workspace.runs, id, runFiles.organization)
      : join(this.#workspace.pipelines, `${id}${pipelineOrganizationEnding}`)
  }

  /** Undefined if there is no file. @throws StudioError `bad-request` for a damaged one */
  read(item: Organized): Organization | undefined {
    return readJsonIfPresent(this.file(item), organization)
  }

  /**
   * Writes all files or, if one cannot be written, none. A damaged file is kept under the name `<name>.damaged`.
   * @throws StudioError or system error of the file that could not be written
   */
  writeAll(changes: readonly { item: Organized; before: Organization | null; after: Organization }[]): void {
    const undo: (() => void)[] = []
    try {
      for (const { item, before, after } of changes) {
        const file = this.file(item)
        if (before === null && isDamaged(file)) {
          renameSync(file, damagedName(file))
          undo.push(() => renameSync(damagedName(file), file))
        }
        writeJson(file, after)
        undo.push(() => (before === null ? rmSync(file) : writeJson(file, before)))
      }
    } catch (cause) {
      for (const step of undo.toReversed()) step()
      throw cause
    }
  }
}

const damagedName = (file: string): string => `${file}.damaged`

function isDamaged(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    readJson(file, organization)
    return false
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    return true
  }
}
