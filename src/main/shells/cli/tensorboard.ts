import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { withStudio } from './client.ts'
import { commonOf, givenPath } from './options.ts'
import { show } from './output.ts'

/** Adds the verb for the folder in which the studio writes event files while runs compute. */
export function addTensorBoardVerb(run: Command): void {
  run
    .command('tensorboard')
    .description(
      'set the folder in which event files for TensorBoard are written while runs compute; without a folder, show it',
    )
    .argument('[folder]', 'the folder that TensorBoard reads (tensorboard --logdir FOLDER)', givenPath)
    .option('--off', 'write no more; files that are there stay')
    .action(async (folder: string | undefined, { off = false }: { off?: boolean }, command: Command) => {
      if (off && folder !== undefined)
        throw new StudioError('bad-request', 'A folder and --off contradict each other.', 'Give one of them.')
      const { workspace, isJson } = commonOf(command)
      const { tensorboard } = await withStudio(workspace, async (client) => {
        const settings = await client.settings.get({})
        return off || folder !== undefined
          ? await client.settings.set({ ...settings, tensorboard: folder ?? null })
          : settings
      })
      show(isJson, { tensorboard }, () =>
        tensorboard === null
          ? 'Runs write no event files for TensorBoard.'
          : `Runs write event files for TensorBoard to ${tensorboard} while they compute.`,
      )
    })
}
