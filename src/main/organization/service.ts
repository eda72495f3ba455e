import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { type Organization, organization, type OrganizationChange, unorganized } from '#contract/domain/organization.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import type { StudioDatabase } from '../database/open.ts'
import { OrganizationFiles, type Organized } from './files.ts'
import { OrganizationQueries } from './queries.ts'

export interface OrganizationsOptions {
  readonly workspace: Pick<WorkspacePaths, 'runs' | 'pipelines'>
  readonly database: StudioDatabase
  /** Runs and pipelines whose organization changed. */
  readonly onChange: (items: readonly Organized[]) => void
}

interface Planned {
  item: Organized
  before: Organization | null
  after: Organization
  previous: OrganizationChange
}

/** Names, tags, notes, colours, stars and archive marks of runs and pipelines. */
export class Organizations {
  readonly #options: OrganizationsOptions
  readonly #files: OrganizationFiles
  readonly #queries: OrganizationQueries

  constructor(options: OrganizationsOptions) {
    this.#options = options
    this.#files = new OrganizationFiles(options.workspace)
    this.#queries = new OrganizationQueries(options.database)
  }

  /**
   * Changes all items or, if one is refused or cannot be written, none. Returns the previous values of what was set.
   * @throws StudioError `not-found` for an unknown id, `bad-request` for an item that is given twice, `run-state` for a run whose
   * folder is gone
   */
  change(items: readonly OrganizationChange[]): { previous: OrganizationChange[] } {
    const changes = items.map((item) => this.#plan(item))
    const twice = duplicate(items)
    if (twice !== undefined)
      throw new StudioError(
        'bad-request',
        `The ${twice.kind} ${twice.id} is given twice.`,
        'Give every run and pipeline once, with everything that changes.',
      )
    this.#options.database.transaction(() => {
      for (const { item, after } of changes) this.#queries.set(item, after)
      this.#files.writeAll(changes)
    })()
    this.#options.onChange(changes.map(({ item }) => item))
    return { previous: changes.map(({ previous }) => previous) }
  }

  #plan({ kind, id, set }: OrganizationChange): Planned {
    const item = { kind, id }
    const before = this.#queries.get(item)
    if (before === undefined)
      throw new StudioError(
        'not-found',
        `There is no ${kind} ${id}, so nothing was changed.`,
        'Run ids look like <pipeline>.<stage>; `run list` shows them.',
      )
    if (kind === 'run' && !existsSync(dirname(this.#files.file(item))))
      throw new StudioError(
        'run-state',
        `The folder of the run ${id} is gone, so nothing was changed.`,
        'Restore the folder from a backup, then run reindex; or leave this run out.',
      )
    const current = before ?? unorganized
    return {
      item,
      before,
      after: organization.parse({ ...current, ...defined(set) }),
      previous: {
        ...item,
        set: Object.fromEntries(Object.keys(defined(set)).map((key) => [key, valueOf(current, key)])),
      },
    }
  }
}

/**
 * Copies the files to the tables. A file that is damaged is reported and ignored: its run or pipeline has no organization
 * until the file is repaired or the user sets one.
 * @param isIncluded limits it to some runs and pipelines
 */
export function indexOrganizations(
  { workspace, database }: Pick<OrganizationsOptions, 'workspace' | 'database'>,
  onProblem: (error: unknown) => void,
  isIncluded: (item: Organized) => boolean = () => true,
): void {
  const files = new OrganizationFiles(workspace)
  const queries = new OrganizationQueries(database)
  database.transaction(() => {
    for (const { text, ...item } of queries.list()) {
      if (!isIncluded(item)) continue
      const document = readOrReport(() => files.read(item), item, onProblem)
      if (text !== (document === null ? null : JSON.stringify(document))) queries.set(item, document)
    }
  })()
}

function readOrReport(
  read: () => Organization | undefined,
  { kind, id }: Organized,
  onProblem: (error: unknown) => void,
): Organization | null {
  try {
    return read() ?? null
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    onProblem(
      new StudioError(
        cause.code,
        `${cause.message} The name, tags and note of the ${kind} ${id} are not shown.`,
        'Repair the file, or organize it again: the damaged file is kept beside the new one.',
        { cause },
      ),
    )
    return null
  }
}

const defined = (set: OrganizationChange['set']): Partial<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined))

const valueOf = (document: Organization, key: string): unknown =>
  Object.entries(document).find(([name]) => name === key)?.[1]

function duplicate(items: readonly OrganizationChange[]): Organized | undefined {
  const seen = new Set<string>()
  return items.find(({ kind, id }) => {
    const key = `${kind} ${id}`
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
}
