import { type Command, Option } from 'commander'
import { filterLog, type LogFilter } from '#contract/domain/log-filter.ts'
import type { LogLine } from '#contract/domain/run.ts'
import { withStudio } from './client.ts'
import { interruptSignal } from './interrupt.ts'
import { commonOf } from './options.ts'
import { show } from './output.ts'
import { wholeNumber } from './pipelines.ts'

interface LogOptions {
  level: 'info' | 'warning' | 'error'
  search: string
  limit: number
  output?: true
  follow?: true
}

/** The verb `run log`. */
export function addLogVerb(run: Command): void {
  run
    .command('log')
    .description('the log of a run, with a line for each epoch, or what its process printed')
    .argument('<id>')
    .addOption(
      new Option('--level <level>', 'only lines of at least this level')
        .choices(['info', 'warning', 'error'])
        .default('info'),
    )
    .option('--search <text>', 'only lines with this text, in any case', '')
    .option('--limit <count>', 'the last lines, before they are searched', wholeNumber, 1000)
    .option('--output', 'what the process printed, instead of the log')
    .option('--follow', 'also lines that come, until Ctrl-C')
    .action(async (id: string, options: LogOptions, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const { level, search, output } = options
      const limit = Math.min(5000, Math.max(1, options.limit))
      const filter: LogFilter = { level: level === 'info' ? 'all' : level, search }
      await withStudio(workspace, async (client) => {
        if (output === true) {
          const { lines } = await client.runs.output({ id, limit })
          const needle = search.trim().toLowerCase()
          show(
            isJson,
            lines.filter((line) => line.toLowerCase().includes(needle)),
            (found) => found.join('\n'),
          )
          return
        }
        const isFollowed = options.follow === true
        const signal = interruptSignal()
        // Subscribed to first, so that no line is lost between the two.
        const follow = isFollowed ? await client.runs.follow({ ids: [id] }, { signal }) : undefined
        const print = (lines: readonly LogLine[]) => {
          const found = filterLog(lines, filter)
          if (found.length > 0 || !isFollowed) show(isJson, found, (shown) => shown.map(lineText).join('\n'))
        }
        print(await client.runs.log({ id, limit }))
        if (follow === undefined) return
        for await (const event of follow) if (event.type === 'log' && event.runId === id) print(event.lines)
      })
    })
}

const lineText = ({ at, level, message }: LogLine): string => `${at} ${level.padEnd(7)} ${message}`
