import { workspaceSettings, type WorkspaceSettings } from '#contract/domain/settings.ts'
import { readJsonIfPresent, writeJson } from '#node/json-file.ts'
import { Broadcast } from '../streams/broadcast.ts'

/** Settings of a workspace. A file that cannot be read is reported; the defaults apply until it is repaired or replaced. */
export class Settings {
  readonly changes = new Broadcast<WorkspaceSettings>()
  readonly #file: string
  #current: WorkspaceSettings

  constructor(file: string, onProblem: (error: unknown) => void) {
    this.#file = file
    try {
      this.#current = readJsonIfPresent(file, workspaceSettings) ?? workspaceSettings.parse({})
    } catch (cause) {
      onProblem(cause)
      this.#current = workspaceSettings.parse({})
    }
  }

  get(): WorkspaceSettings {
    return this.#current
  }

  /** Replaces the settings and writes them to the workspace. */
  set(settings: WorkspaceSettings): WorkspaceSettings {
    writeJson(this.#file, settings)
    this.#current = settings
    this.changes.publish(settings)
    return settings
  }
}
