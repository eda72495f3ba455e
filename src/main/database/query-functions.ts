import { fold, matchesWildcard } from '#contract/query/fold.ts'
import type { StudioDatabase } from './open.ts'

/** Adds the functions that compiled filters call. */
export function addQueryFunctions(database: StudioDatabase): void {
  database.function('fold', { deterministic: true }, (value) => (typeof value === 'string' ? fold(value) : null))
  database.function('wildcard', { deterministic: true }, (value, pattern) =>
    typeof value === 'string' && typeof pattern === 'string' ? Number(matchesWildcard(value, pattern)) : null,
  )
}

/** A text as SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
