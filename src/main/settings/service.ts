import { isAbsolute } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
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

  /**
   * Replaces the settings and writes them to the workspace.
   * @throws StudioError `bad-request` if the folder for TensorBoard is a relative path
   */
  set(settings: WorkspaceSettings): WorkspaceSettings {
    if (settings.tensorboard !== null && !isAbsolute(settings.tensorboard))
      throw new StudioError(
        'bad-request',
        `The folder "${settings.tensorboard}" for TensorBoard is not absolute.`,
        'Give the whole path, beginning with the root of the file system.',
      )
    writeJson(this.#file, settings)
    this.#current = settings
    this.changes.publish(settings)
    return settings
  }
}
