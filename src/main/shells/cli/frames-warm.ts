import type { Command } from 'commander'
import type { WarmResult } from '#contract/api/caches.ts'
import { StudioError } from '#contract/api/errors.ts'
import { formatQuantity } from '#contract/format.ts'
import { withStudio } from './client.ts'
import { interruptedExitCode, interruptSignal } from './interrupt.ts'
import { type Common, commonOf } from './options.ts'
import { show } from './output.ts'
import { wholeNumber } from './pipelines.ts'
import { openProgress } from './progress.ts'

/** Adds `frames warm`. */
export function addWarmVerb(frames: Command): void {
  frames
    .command('warm')
    .description(
      'decode the videos of a dataset into the cache, as many as its budget holds; Ctrl-C keeps what is decoded',
    )
    .argument('<dataset>')
    .requiredOption('--size <pixels>', 'side of the clips of the runs to come, their clip.imageSize', wholeNumber)
    .action(async (dataset: string, { size }: { size: number }, command: Command) => {
      const common = commonOf(command)
      const result = await warm(common, dataset, size)
      if (result === undefined) process.exitCode = interruptedExitCode
      else {
        if (!common.isJson) for (const problem of result.problems) process.stderr.write(`Note: ${problem}\n`)
        show(common.isJson, result, warmText)
      }
    })
}

/** Undefined if it was interrupted. */
async function warm(
  { workspace, isJson }: Common,
  dataset: string,
  imageSize: number,
): Promise<WarmResult | undefined> {
  const interruption = interruptSignal()
  return withStudio(workspace, async (client) => {
    const display = openProgress(isJson)
    try {
      for await (const event of await client.frames.warm({ dataset, imageSize }, { signal: interruption })) {
        if (event.type === 'done') return event.result
        const { done, total, path } = event
        display.update([{ id: dataset, title: 'Decoding', done, total, detail: path, isMoving: done < total }])
      }
    } finally {
      display.close()
    }
    if (interruption.aborted) return undefined
    throw new StudioError(
      'internal',
      'Decoding ended without a result.',
      'This is a defect of the studio. Please report it.',
    )
  })
}

/** The result as sentences. */
export function warmText({ videos, decoded, beyond, unreadable }: WarmResult): string {
  const cached = videos - decoded - beyond - unreadable
  const parts = [
    `${formatQuantity(decoded, 'video')} decoded, ${cached} were in the cache.`,
    ...(unreadable > 0 ? [`${unreadable} cannot be read.`] : []),
    ...(beyond > 0 ? [`${beyond} do not fit into its budget, which "frames budget" raises.`] : []),
  ]
  return parts.join(' ')
}
