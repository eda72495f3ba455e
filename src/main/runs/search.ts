import type { MetricName } from '#contract/domain/metric.ts'
import { pipelineFile } from '#contract/domain/pipeline.ts'
import type { CoreRunKey } from '#contract/query/core-run-keys.ts'
import {
  bestEnd,
  dotted,
  headlineReduction,
  type MetricSource,
  type Reduction,
  resultMetric,
} from '#contract/query/metric-keys.ts'
import { importedParameters, importedPrefix, parametersOfRun } from '#contract/query/parameter-keys.ts'
import { parseQuery } from '#contract/query/parse.ts'
import type { RunKey } from '#contract/query/run-key.ts'
import { isListKey, sourceOf } from '#contract/query/run-keys.ts'
import { searchKeys, textKeys } from '#contract/query/run-search.ts'
import { compileToSql } from '#contract/query/sql.ts'
import { stageNames, stageSchema, stageTitles } from '#contract/stages/index.ts'
import type { StudioDatabase } from '../database/open.ts'
import { addQueryFunctions, quoted } from '../database/query-functions.ts'

/** What a filter of runs finds. */
export interface FoundRuns {
  /** Oldest first. */
  ids: string[]
  /** A sentence for everything that was not understood. */
  problems: string[]
}

/** A text of an organization, of the run or else of its pipeline. */
const ownOrOf = (field: string): string =>
  `coalesce(nullif(run.organization ->> '${field}', ''), nullif(pipeline.organization ->> '${field}', ''))`
const flagOfEither = (field: string): string =>
  `(coalesce(run.organization ->> '${field}', 0) OR coalesce(pipeline.organization ->> '${field}', 0))`
const tags = `SELECT value FROM json_each(coalesce(run.organization, '{}'), '$.tags')
  UNION SELECT value FROM json_each(coalesce(pipeline.organization, '{}'), '$.tags')`

/** As `variantOf` writes it. Numbers are those of the document: SQLite would write them differently. */
const variant = `(SELECT CASE WHEN count(*) > 0 THEN coalesce(
    group_concat(CASE WHEN key <> 'general.seed'
      THEN key || ' = ' || iif(type = 'text', value, pipeline.document -> fullkey) END, ', ' ORDER BY id), 'seed only') END
  FROM json_each(pipeline.document, '$.overrides'))`

/** Code of the error of a failed run: of its events, or of its process record if they do not say how it ended. */
const errorCode = `iif(run.end_offset > run.events_from AND run.end_status IS NOT NULL AND run.end_at IS NOT NULL,
    run.end_error ->> 'code', run.recorded_end ->> '$.error.code')`

/** Where the database has the facts of runs, as SQL over `run` and its `pipeline`. */
const columns: Readonly<Record<CoreRunKey, string>> = {
  run: 'run.id',
  pipeline: 'run.pipeline_id',
  stage: 'run.stage',
  status: 'run.status',
  state: `CASE
    WHEN run.status = 'queued' AND run.is_held THEN 'held'
    WHEN run.status = 'stopped' AND run.asked = 'pause' THEN 'paused'
    WHEN run.status = 'failed' AND ${errorCode} = 'diverged' THEN 'diverged'
    ELSE run.status END`,
  dataset: 'run.dataset',
  labels: 'run.labels',
  preset: 'run.preset',
  group: "pipeline.document ->> 'group'",
  variant,
  fromRun: "pipeline.document ->> 'fromRun'",
  stoppedEarly: "(run.status = 'finished' AND run.early_stop IS NOT NULL)",
  source: "pipeline.document ->> '$.imported.path'",
  engine: 'run.engine',
  name: ownOrOf('name'),
  tag: `(SELECT json_group_array(value) FROM (${tags}))`,
  note: ownOrOf('note'),
  colour: ownOrOf('colour'),
  star: flagOfEither('isStarred'),
  archived: flagOfEither('isArchived'),
  created: 'run.created_at',
  started: 'run.started_at',
  ended: `CASE
    WHEN run.status IN ('interrupted', 'missing') THEN coalesce(run.last_at, run.submitted_at)
    WHEN run.status = 'stopped' AND run.submitted_at IS NULL THEN run.stopped_at
    WHEN run.status = 'stopped' AND run.asked = 'end' THEN coalesce(run.last_at, run.submitted_at)
    WHEN run.status IN ('stopped', 'finished', 'failed', 'imported') THEN run.end_at END`,
  // An attempt that has not ended counts until its last event.
  duration: `(run.computed_ms + iif(run.attempt_started_at IS NULL, 0, max(0, round(1000 * (
    unixepoch(coalesce(run.attempt_at, run.last_at, run.attempt_started_at), 'subsec')
    - unixepoch(run.attempt_started_at, 'subsec')))))) / 1000.0`,
  step: 'run.step',
  steps: 'run.total_steps',
  epochs: 'run.epochs',
  attempt: 'run.attempt',
  effectiveBatchSize: 'run.effective_batch_size',
  parameters: 'run.parameters',
  checkpoints: '(SELECT count(*) FROM checkpoint WHERE checkpoint.run = run.key)',
}

const textOf = (key: (typeof textKeys)[number]): string =>
  key === 'tag'
    ? `(SELECT coalesce(group_concat(value, ' ' ORDER BY value), '') FROM (${tags}))`
    : `coalesce(${columns[key]}, '')`
const titleOfStage = `CASE run.stage ${stageNames.map((name) => `WHEN ${quoted(name)} THEN ${quoted(stageTitles[name])}`).join(' ')} END`
const text = [titleOfStage, ...textKeys.map(textOf)].join(" || ' ' || ")

/** Finds runs by a filter, in SQL. */
export class RunSearch {
  readonly #database: StudioDatabase
  readonly #metricNames
  readonly #importedParameters

  constructor(database: StudioDatabase) {
    this.#database = database
    addQueryFunctions(database)
    this.#importedParameters = database
      .prepare<[], [string, string | number]>(
        `SELECT DISTINCT name, value FROM run_parameter WHERE name LIKE '${importedPrefix}%'`,
      )
      .raw()
    this.#metricNames = database.prepare<[], MetricName>('SELECT DISTINCT name FROM series').pluck()
  }

  /** Every key by which runs can be searched. */
  keys(): RunKey[] {
    return searchKeys([], [], this.#metricNames.all(), this.#importedParameters.all())
  }

  /** The runs that match a filter. What is not understood is searched for as text, and named in `problems`. */
  find(filter: string): FoundRuns {
    const metrics = this.#metricNames.all()
    const keys = searchKeys([], [], metrics, this.#importedParameters.all())
    const { query, problems } = parseQuery(filter, keys)
    const nameOf = new Map(metrics.map((name) => [dotted(name), name]))
    const { sql, parameters } = compileToSql(query, keys, {
      sqlOf: (key) => columnOf(key, nameOf),
      isList: isListKey,
      text,
    })
    const ids = this.#database
      .prepare<(string | number)[], string>(
        `SELECT run.id FROM run LEFT JOIN pipeline ON pipeline.id = run.pipeline_id WHERE ${sql} ORDER BY run.key`,
      )
      .pluck()
      .all(...parameters)
    return { ids, problems: [...problems] }
  }
}

function columnOf(key: string, nameOf: ReadonlyMap<string, MetricName>): string {
  const source = sourceOf(key)
  switch (source.kind) {
    case 'run':
      return columns[source.key]
    case 'parameter':
    case 'imported':
      return `(SELECT value FROM run_parameter WHERE run_parameter.run = run.key AND run_parameter.name = ${quoted(key)})`
    case 'metric':
      return metricColumn(source, nameOf)
  }
}

function metricColumn({ name, withReduction }: MetricSource, nameOf: ReadonlyMap<string, MetricName>): string {
  const whole = nameOf.get(name)
  if (whole !== undefined) return reducedColumn(whole, undefined)
  if (withReduction === undefined) return withoutSeries(name)
  const of = nameOf.get(withReduction.name)
  return of === undefined ? withoutSeries(withReduction.name) : reducedColumn(of, withReduction.reduction)
}

const resultColumn = `(run.result ->> 'top1') * 100`
const withoutSeries = (name: string): string => (name === dotted(resultMetric) ? resultColumn : 'NULL')

function reducedColumn(metric: MetricName, chosen: Reduction | undefined): string {
  const reduction = chosen ?? headlineReduction(metric)
  const column =
    reduction === 'at-best-validation' ? 'at_best_validation' : reduction === 'best' ? bestEnd(metric) : reduction
  const series = `FROM series WHERE series.run = run.key AND series.name = ${quoted(metric)}`
  return metric === resultMetric
    ? `iif(EXISTS (SELECT 1 ${series}), (SELECT ${column} ${series}), ${resultColumn})`
    : `(SELECT ${column} ${series})`
}

/** What the hyperparameters of a pipeline's runs are read from. */
const indexed = pipelineFile.pick({ configuration: true, imported: true })

/**
 * Adds the hyperparameters of runs that have none in the table: new runs, and those of a database from before it had them.
 * @param pipelineId of the runs; all by default
 * @param again whether to replace those of the pipeline's runs, since its document changed
 */
export function indexParameters(database: StudioDatabase, pipelineId?: string, again = false): void {
  if (again && pipelineId !== undefined)
    database
      .prepare<[string]>('DELETE FROM run_parameter WHERE run IN (SELECT key FROM run WHERE pipeline_id = ?)')
      .run(pipelineId)
  const missing = database
    .prepare<[string | null, string | null], { key: number; stage: string; pipeline_id: string }>(
      `SELECT key, stage, pipeline_id FROM run WHERE (? IS NULL OR pipeline_id = ?)
        AND NOT EXISTS (SELECT 1 FROM run_parameter WHERE run_parameter.run = run.key)`,
    )
    .all(pipelineId ?? null, pipelineId ?? null)
  if (missing.length === 0) return
  const documents = database.prepare<[string], string>('SELECT document FROM pipeline WHERE id = ?').pluck()
  const add = database.prepare<[number, string, string | number]>(
    'INSERT INTO run_parameter (run, name, value) VALUES (?, ?, ?)',
  )
  database.transaction(() => {
    for (const [id, runs] of Map.groupBy(missing, (run) => run.pipeline_id)) {
      const { configuration, ...facts } = indexed.parse(JSON.parse(documents.get(id) ?? 'null'))
      for (const { key, stage } of runs) {
        const parameters =
          configuration === null
            ? importedParameters({ id, configuration, ...facts })
            : parametersOfRun(stageSchema.parse(stage), configuration)
        for (const [name, value] of parameters) add.run(key, name, value)
      }
    }
  })()
}
