import { Argument, type Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { type CacheName, type CacheUsage, workspaceSettings } from '#contract/domain/settings.ts'
import { formatBytes, formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { addWarmVerb } from './frames-warm.ts'
import { commonOf } from './options.ts'
import { show } from './output.ts'

/** The words of a cache. */
interface CacheWords {
  readonly title: string
  readonly description: string
  readonly clear: string
  readonly budget: string
  readonly none: string
  /** What its files hold, by their number. */
  readonly content: (files: number) => string
}

const words: Readonly<Record<CacheName, CacheWords>> = {
  frames: {
    title: 'frame cache',
    description: 'the frame cache: decoded frames of videos, which all runs of the workspace share',
    clear: 'delete all decoded frames; runs decode the videos again',
    budget: 'set the most space that it may use; the least recently used frames are deleted beyond it',
    none: 'GiB; 0 keeps no frames',
    content: (files) => `the frames of ${formatQuantity(files, 'video')}`,
  },
  targets: {
    title: 'target cache',
    description: 'the target cache: teacher features for distillations with distill.targetCache',
    clear: 'delete all teacher features; runs compute them again',
    budget: 'set the most space that it may use; the least recently used features are deleted beyond it',
    none: 'GiB; 0 keeps no features',
    content: (files) => `the teacher features of ${formatQuantity(files, 'clip')}`,
  },
}

/** Adds the verbs of the frame cache and of the target cache. */
export function addCacheVerbs(program: Command): void {
  addVerbs(program, 'frames')
  addVerbs(program, 'targets')
}

function addVerbs(program: Command, name: CacheName): void {
  const { description, clear, budget, none } = words[name]
  const cache = program.command(name).description(description)
  if (name === 'frames') {
    addWarmVerb(cache)
    addCompressVerb(cache)
  }
  const text = (usage: CacheUsage) => usageText(name, usage)

  cache
    .command('show')
    .description('how much space it uses, and its budget')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      show(isJson, await withStudio(workspace, (client) => client[name].usage({})), text)
    })

  cache
    .command('clear')
    .description(clear)
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      show(isJson, await withStudio(workspace, (client) => client[name].clear({})), text)
    })

  cache
    .command('budget')
    .description(budget)
    .argument('<gib>', none, (gib: string) => parseGib(name, gib))
    .action(async (budgetGib: number, _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const usage = await withStudio(workspace, async (client) => {
        const settings = await client.settings.get({})
        await client.settings.set({ ...settings, [name]: { ...settings[name], budgetGib } })
        return await client[name].usage({})
      })
      show(isJson, usage, text)
    })
}

function addCompressVerb(frames: Command): void {
  frames
    .command('compress')
    .description('keep new frames compressed without loss: less than half of the space, but they take longer to read')
    .addArgument(new Argument('<wanted>').choices(['on', 'off']))
    .action(async (wanted: 'on' | 'off', _options: object, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const set = await withStudio(workspace, async (client) => {
        const settings = await client.settings.get({})
        return client.settings.set({ ...settings, frames: { ...settings.frames, isCompressed: wanted === 'on' } })
      })
      show(isJson, set.frames, ({ isCompressed }) => `New frames are ${isCompressed ? '' : 'not '}compressed.`)
    })
}

function parseGib(name: CacheName, text: string): number {
  const result = workspaceSettings.shape[name].safeParse({ budgetGib: text.trim() === '' ? Number.NaN : Number(text) })
  if (!result.success)
    throw new StudioError(
      'bad-request',
      `The budget of the ${words[name].title} "${text}" is not a number of GiB from 0 to 1000000.`,
      `Give a number, for example: ${name} budget 20`,
    )
  return result.data.budgetGib
}

const usageText = (name: CacheName, { files, bytes, budgetBytes }: CacheUsage): string =>
  `The ${words[name].title} holds ${words[name].content(files)}: ${formatBytes(bytes)} of at most ${formatBytes(budgetBytes)}.`
