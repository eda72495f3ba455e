import { organization, type Organization, type OrganizedKind } from '#contract/domain/organization.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { Organized } from './files.ts'

const kinds = ['run', 'pipeline'] as const satisfies OrganizedKind[]

/** The organization of runs and pipelines as the tables hold it: a copy of the files. */
export class OrganizationQueries {
  readonly #byKind

  constructor(database: StudioDatabase) {
    const statements = (table: OrganizedKind) => ({
      list: database.prepare<[], { id: string; organization: string | null }>(`SELECT id, organization FROM ${table}`),
      get: database.prepare<[string], { organization: string | null }>(
        `SELECT organization FROM ${table} WHERE id = ?`,
      ),
      set: database.prepare<[string | null, string]>(`UPDATE ${table} SET organization = ? WHERE id = ?`),
    })
    this.#byKind = { run: statements('run'), pipeline: statements('pipeline') }
  }

  /** Every run and pipeline with the stored text of its organization. */
  list(): (Organized & { text: string | null })[] {
    return kinds.flatMap((kind) =>
      this.#byKind[kind].list.all().map(({ id, organization }) => ({ kind, id, text: organization })),
    )
  }

  /** Undefined if there is no such run or pipeline; null if it has never been organized. */
  get({ kind, id }: Organized): Organization | null | undefined {
    const row = this.#byKind[kind].get.get(id)
    if (row === undefined) return undefined
    return row.organization === null ? null : organization.parse(JSON.parse(row.organization))
  }

  set({ kind, id }: Organized, document: Organization | null): void {
    this.#byKind[kind].set.run(document === null ? null : JSON.stringify(document), id)
  }
}
