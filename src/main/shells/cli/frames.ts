import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { workspaceSettings } from '#contract/domain/settings.ts'
import type { FrameUsage } from '#contract/domain/settings.ts'
import { formatBytes, formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show } from './output.ts'

/** Adds the verbs of the frame cache. */
export function addFrameVerbs(program: Command): void {
  const frames = program
    .command('frames')
    .description('the frame cache: decoded frames of videos, which all runs of the workspace share')

  frames
    .command('show')
    .description('how much space it uses, and its budget')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      show(isJson, await withStudio(workspace, (client) => client.frames.usage({})), usageText)
    })

  frames
    .command('clear')
    .description('delete all decoded frames; runs decode the videos again')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      show(isJson, await withStudio(workspace, (client) => client.frames.clear({})), usageText)
    })

  frames
    .command('budget')
    .description('set the most space that it may use; the least recently used frames are deleted beyond it')
    .argument('<gib>', 'GiB; 0 keeps no frames', parseGib)
    .action(async (budgetGib: number, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const usage = await withStudio(workspace, async (client) => {
        await client.settings.set({ ...(await client.settings.get({})), frames: { budgetGib } })
        return await client.frames.usage({})
      })
      show(isJson, usage, usageText)
    })
}

function parseGib(text: string): number {
  const result = workspaceSettings.shape.frames.safeParse({ budgetGib: text.trim() === '' ? Number.NaN : Number(text) })
  if (!result.success)
    throw new StudioError(
      'bad-request',
      `The budget of the frame cache "${text}" is not a number of GiB from 0 to 1000000.`,
      'Give a number, for example: frames budget 20',
    )
  return result.data.budgetGib
}

const usageText = ({ files, bytes, budgetBytes }: FrameUsage): string =>
  `The frame cache holds the frames of ${formatQuantity(files, 'video')}: ${formatBytes(bytes)} of at most ${formatBytes(budgetBytes)}.`
