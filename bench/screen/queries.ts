import type { StudioDatabase } from '#main/database/open.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { PipelineQueries } from '#main/pipelines/queries.ts'
import { RunQueries } from '#main/runs/queries.ts'
import { RunSearch } from '#main/runs/search.ts'

export interface LongestQuery {
  ms: number
  sql: string
}

/** Runs the queries behind the list, the filter and the curves of 100 runs, and returns the statement that took longest once. */
export function longestQuery(file: string): LongestQuery {
  const database = openDatabase(file)
  try {
    let longest: LongestQuery = { ms: 0, sql: '' }
    const timed = timedStatements(database, (ms, sql) => {
      if (ms > longest.ms) longest = { ms, sql: sql.replaceAll(/\s+/g, ' ').trim() }
    })
    const [runs, metrics] = [new RunQueries(timed), new MetricQueries(timed)]
    new PipelineQueries(timed).list()
    const rows = runs.list()
    metrics.allSummaries()
    new RunSearch(timed).find('validation.top1 > 60 and finetune.learningRate = 0.001 and not status:failed')
    for (const { key } of rows.slice(0, 100)) {
      runs.log(key, 1000)
      runs.media(key)
      metrics.times.ofRun(key)
      const all = metrics.buckets(key, undefined, { from: 0, to: Number.MAX_SAFE_INTEGER, maxBuckets: 512 })
      const part = metrics.buckets(key, undefined, { from: 1000, to: 2000, maxBuckets: 1024 })
      for (const _ of [...all, ...part]);
    }
    return longest
  } finally {
    database.close()
  }
}

/** The database with statements that report how long each execution took. */
function timedStatements(database: StudioDatabase, report: (ms: number, sql: string) => void): StudioDatabase {
  const timed = (statement: object, sql: string): object =>
    new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const from = performance.now()
          const result: unknown = value.apply(target, args)
          if (name === 'raw' || name === 'pluck') return timed(statement, sql)
          // Rows of an iterator are read while they are used.
          const rows = name === 'iterate' && isIterable(result) ? [...result] : result
          report(performance.now() - from, sql)
          return rows
        }
      },
    })
  return new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const result: unknown = value.apply(target, args)
        return name === 'prepare' && typeof result === 'object' && result !== null
          ? timed(result, String(args[0]))
          : result
      }
    },
  })
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value
