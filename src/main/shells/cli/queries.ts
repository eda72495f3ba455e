import { type Command, Option } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import type { Run } from '#contract/domain/run.ts'
import { checkpointFields } from '#contract/query/checkpoint-search.ts'
import { clipKeys } from '#contract/query/clip-search.ts'
import type { QueryKey } from '#contract/query/key.ts'
import { type StudioClient, withStudio } from './client.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'

const searched = ['runs', 'checkpoints', 'clips'] as const
type Searched = (typeof searched)[number]

/** The verb `query keys`, which lists what filters can use. */
export function addQueryVerbs(program: Command): void {
  program
    .command('query')
    .description('the language of filters')
    .command('keys')
    .description('keys that a filter can use, with their kind and unit')
    .addOption(new Option('--of <list>', 'what is filtered').choices(searched).default('runs'))
    .option('--all', 'all reductions of every metric, such as test.top1.best')
    .action(async ({ of, all = false }: { of: Searched; all?: boolean }, command: Command) => {
      const { workspace, isJson } = commonOf(command)
      const keys = await withStudio(workspace, (client) => keysOf(client, of))
      const shown = all ? keys : keys.filter(({ key }) => !isReduction(key, keys))
      show(isJson, keys, () =>
        table(
          ['Key', 'Kind', 'Unit', 'What it is'],
          shown.map(({ key, kind, unit, label, help }) => [
            key,
            kind,
            unit || '–',
            help === '' ? label : `${label}: ${help}`,
          ]),
        ),
      )
    })
}

async function keysOf(client: StudioClient, of: Searched): Promise<readonly QueryKey[]> {
  switch (of) {
    case 'runs':
      return client.runs.keys({})
    case 'checkpoints':
      return checkpointFields(await client.checkpoints.list({}), await client.models.list({}), []).checkpoints.keys
    case 'clips':
      return clipKeys({ codecs: [], labelSets: [], shown: undefined, boxClasses: [] }).keys
  }
}

/** Whether a key is the reduction of the metric of another key. */
const isReduction = (key: string, keys: readonly QueryKey[]): boolean =>
  keys.some((other) => other.group === 'Metrics' && key.startsWith(`${other.key}.`))

/**
 * Runs that match a filter, all without one.
 * @throws StudioError `bad-request` with what is wrong with the filter, instead of other runs than were meant
 */
export async function listRuns(client: StudioClient, filter: string | undefined): Promise<Run[]> {
  const runs = await client.runs.list({})
  if (filter === undefined) return runs
  const { ids, problems } = await client.runs.search({ query: filter })
  if (problems.length > 0)
    throw new StudioError(
      'bad-request',
      `The filter ${filter} is not understood. ${problems.join(' ')}`,
      '`query keys` lists the keys. Put texts with special characters in double quotes.',
    )
  const found = new Set(ids)
  return runs.filter(({ id }) => found.has(id))
}
