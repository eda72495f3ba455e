import type { Command } from 'commander'
import { StudioError } from '#contract/api/errors.ts'
import { formatQuantity } from '#contract/format.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { Keys } from '../../access/keys.ts'
import { servedLink } from '../../access/served-link.ts'
import { commonOf } from './options.ts'
import { show, table } from './output.ts'

/** Adds the verbs for browsers that may open the studio. They work while the studio is open. */
export function addAccessVerbs(program: Command): void {
  const access = program.command('access').description('browsers that may open the studio')

  access
    .command('list')
    .description('list the browsers that have access')
    .action((_options: object, command: Command) => {
      const { isJson, keys } = keysOf(command)
      show(isJson, keys.list(), (list) =>
        list.length === 0
          ? 'No browser has access. "access link" makes a link that gives it.'
          : table(
              ['id', 'browser', 'address', 'since', 'last seen'],
              list.map(({ id, browser, origin, createdAt, lastSeenAt }) => [
                id,
                browser,
                origin,
                createdAt,
                lastSeenAt,
              ]),
            ),
      )
    })

  access
    .command('revoke')
    .description('take the access from browsers; their pages are disconnected within two seconds')
    .argument('[id...]', 'as listed by "access list"; the beginning is enough')
    .option('--all', 'all browsers')
    .action((ids: string[], { all }: { all?: true }, command: Command) => {
      const { isJson, keys } = keysOf(command)
      if ((all === true) === ids.length > 0)
        throw new StudioError(
          'bad-request',
          'It is not clear which keys are meant.',
          'Give ids of "access list", or --all.',
        )
      const chosen = all === true ? keys.list().map(({ id }) => id) : ids.map((id) => keyNamed(keys, id))
      show(isJson, { revoked: keys.revoke(chosen) }, ({ revoked }) => `${formatQuantity(revoked, 'key')} revoked.`)
    })

  access
    .command('link')
    .description('make a link that gives one browser access to the studio that is open')
    .action(async (_options: object, command: Command) => {
      const { workspace, isJson, keys } = keysOf(command)
      const link = await servedLink(keys)
      if (link === undefined)
        throw new StudioError(
          'bad-request',
          `No studio serves the workspace ${workspace} to browsers.`,
          'Start it with "npm start -- --browser"; it prints a link.',
        )
      show(isJson, { link }, () => link)
    })
}

function keysOf(command: Command) {
  const { workspace, isJson } = commonOf(command)
  return { workspace, isJson, keys: new Keys(workspacePaths(workspace).access) }
}

/** The id that begins with `start`. @throws StudioError `not-found` if there is none, or more than one */
function keyNamed(keys: Keys, start: string): string {
  const [id, ...others] = keys
    .list()
    .map((key) => key.id)
    .filter((known) => known.startsWith(start))
  if (id !== undefined && others.length === 0) return id
  throw new StudioError(
    'not-found',
    id === undefined ? `There is no key ${start}.` : `More than one key begins with ${start}.`,
    '"access list" shows all of them.',
  )
}
