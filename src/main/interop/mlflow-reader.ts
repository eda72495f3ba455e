import { open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'
import { formatQuantity } from '#contract/format.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { type ForeignRun, type ForeignRuns, parameterValue, SeriesCollector } from './foreign-run.ts'

const tables = ['experiments', 'runs', 'metrics', 'params', 'tags'] as const

/** Whether a file is a database of SQLite. */
export async function isSqlite(file: string): Promise<boolean> {
  refuseSpecialFile(file)
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0)
    return bytesRead === 16 && buffer.toString('latin1') === 'SQLite format 3\0'
  } finally {
    await handle.close()
  }
}

const storedRun = z.object({
  run_uuid: z.string(),
  name: z.string().nullable(),
  status: z.string().nullable(),
  start_time: z.number().nullable(),
  end_time: z.number().nullable(),
  experiment: z.string().nullable(),
})

/**
 * Reads the runs of a tracking store of MLflow in SQLite, without changing it. Runs and experiments that were deleted in MLflow are
 * left out.
 * @throws StudioError `bad-request` if the file is no such store
 */
export async function readMlflow(path: string, signal?: AbortSignal): Promise<ForeignRuns> {
  if (!(await isSqlite(path)))
    throw new StudioError(
      'bad-request',
      `${path} is not a database of SQLite.`,
      'Give the file of the tracking store, such as mlflow.db.',
    )
  const database = new Database(path, { readonly: true })
  try {
    const missing = tables.filter(
      (table) =>
        database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) === undefined,
    )
    if (missing.length > 0)
      throw new StudioError(
        'bad-request',
        `${path} is not a tracking store of MLflow: it has no table ${missing.join(', ')}.`,
        'Give the file of the tracking store, such as mlflow.db.',
      )
    const rows = z.array(storedRun).parse(
      database
        .prepare(
          `SELECT run_uuid, runs.name, status, start_time, end_time, experiments.name AS experiment
             FROM runs LEFT JOIN experiments ON experiments.experiment_id = runs.experiment_id
             WHERE runs.lifecycle_stage = 'active' AND coalesce(experiments.lifecycle_stage, 'active') = 'active'
             ORDER BY start_time, run_uuid`,
        )
        .all(),
    )
    const deleted = z.number().parse(database.prepare('SELECT count(*) FROM runs').pluck().get()) - rows.length
    const runs: ForeignRun[] = []
    for (const row of rows) runs.push(await readRun(database, path, row, signal))
    return {
      runs,
      notes:
        deleted === 0
          ? []
          : [
              `${formatQuantity(deleted, 'run')} that ${deleted === 1 ? 'was' : 'were'} deleted in MLflow ${deleted === 1 ? 'is' : 'are'} not imported.`,
            ],
    }
  } finally {
    database.close()
  }
}

const storedPair = z.object({ key: z.string(), value: z.string().nullable() })
/** Points between which other work may run. */
const batchSize = 5000

async function readRun(
  database: Database.Database,
  path: string,
  row: z.infer<typeof storedRun>,
  signal: AbortSignal | undefined,
): Promise<ForeignRun> {
  const { run_uuid: id, name, status, start_time: startedMs, end_time: endedMs, experiment } = row
  const pairs = (table: 'params' | 'tags') =>
    z
      .array(storedPair)
      .parse(database.prepare(`SELECT key, value FROM ${table} WHERE run_uuid = ? ORDER BY key`).all(id))
  const points = new SeriesCollector()
  const select = database
    .prepare<[string], [string, number, number, number, number]>(
      'SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? ORDER BY key, step, timestamp, rowid',
    )
    .raw()
  let read = 0
  for (const [key, value, timestamp, step, isNan] of select.iterate(id)) {
    points.add(key, step, isNan === 1 ? Number.NaN : unlimited(value), timestamp)
    if (++read % batchSize === 0) {
      signal?.throwIfAborted()
      await setImmediate()
    }
  }
  const { series, notes } = points.finish()
  const tags = new Map(pairs('tags').map(({ key, value }) => [key, value ?? '']))
  const shown = [...tags].filter(([key]) => !key.startsWith('mlflow.'))
  return {
    source: {
      format: 'mlflow',
      path,
      key: id,
      name: name || tags.get('mlflow.runName') || id,
      status: status?.toLowerCase() ?? null,
      parameters: Object.fromEntries(pairs('params').map(({ key, value }) => [key, parameterValue(value ?? '')])),
    },
    series,
    startedMs,
    endedMs,
    note: [
      ...(experiment === null ? [] : [`Experiment of MLflow: ${experiment}`]),
      ...(shown.length === 0 ? [] : [`Tags of MLflow: ${shown.map(([key, value]) => `${key} = ${value}`).join('; ')}`]),
      ...(tags.get('mlflow.note.content') ? [tags.get('mlflow.note.content') ?? ''] : []),
    ].join('\n'),
    notes,
  }
}

/** MLflow stores an infinity as the largest number. */
const unlimited = (value: number): number =>
  Math.abs(value) === Number.MAX_VALUE ? Math.sign(value) * Number.POSITIVE_INFINITY : value
