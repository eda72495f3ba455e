import type { StudioDatabase } from '#main/database/open.ts'

/** A statement that was executed. */
export interface Executed {
  readonly sql: string
  /** Rows that it returned. */
  readonly rows: number
}

/** A database that notes each statement that is executed. */
export function noteStatements(database: StudioDatabase, note: (executed: Executed) => void): StudioDatabase {
  return new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const result: unknown = value.apply(target, args)
        return name === 'prepare' ? noted(result as object, String(args[0]), note) : result
      }
    },
  })
}

function noted(statement: object, sql: string, note: (executed: Executed) => void): object {
  return new Proxy(statement, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const result: unknown = value.apply(target, args)
        if (name === 'raw' || name === 'pluck') return noted(target, sql, note)
        note({ sql, rows: Array.isArray(result) ? result.length : Number(result !== undefined) })
        return result
      }
    },
  })
}
