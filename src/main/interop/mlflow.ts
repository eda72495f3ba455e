import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Run, RunStatus } from '#contract/domain/run.ts'
import { stageTitles } from '#contract/stages/index.ts'
import type { ExportedRun, Exporter } from './exporter.ts'
import { hyperparametersOf } from './hyperparameters.ts'
import { type RecordedPoint, readPoints } from './points.ts'

const fileName = 'mlflow.db'

/** A tracking store of MLflow in SQLite: an experiment for each dataset, with the runs on it. */
export const mlflow: Exporter = {
  files: () => [fileName],
  async write(folder, runs, signal) {
    const database = new Database(join(folder, fileName))
    try {
      // The file is new and takes its name when it is complete.
      database.pragma('journal_mode = OFF')
      database.pragma('synchronous = OFF')
      database.exec(schema)
      const experiments = addExperiments(database, runs)
      let points = 0
      for (const exported of runs) {
        const uuid = addRun(database, exported, experiments.get(exported.run.dataset) ?? 0)
        points += await addPoints(database, uuid, exported.events, signal)
      }
      return { points, notes: [] }
    } finally {
      database.close()
    }
  },
}

/** The schema of MLflow 2.3. Later versions upgrade it. */
const revision = '3500859a5d39'
const schema = `
  CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
  INSERT INTO alembic_version VALUES ('${revision}');

  CREATE TABLE experiments (
    experiment_id INTEGER NOT NULL,
    name VARCHAR(256) NOT NULL,
    artifact_location VARCHAR(256),
    lifecycle_stage VARCHAR(32),
    creation_time BIGINT,
    last_update_time BIGINT,
    CONSTRAINT experiment_pk PRIMARY KEY (experiment_id),
    UNIQUE (name),
    CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted'))
  );
  CREATE TABLE experiment_tags (
    key VARCHAR(250) NOT NULL,
    value VARCHAR(5000),
    experiment_id INTEGER NOT NULL,
    CONSTRAINT experiment_tag_pk PRIMARY KEY (key, experiment_id),
    FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id)
  );
  CREATE TABLE runs (
    run_uuid VARCHAR(32) NOT NULL,
    name VARCHAR(250),
    source_type VARCHAR(20),
    source_name VARCHAR(500),
    entry_point_name VARCHAR(50),
    user_id VARCHAR(256),
    status VARCHAR(9),
    start_time BIGINT,
    end_time BIGINT,
    source_version VARCHAR(50),
    lifecycle_stage VARCHAR(20),
    artifact_uri VARCHAR(200),
    experiment_id INTEGER,
    deleted_time BIGINT,
    CONSTRAINT run_pk PRIMARY KEY (run_uuid),
    FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id),
    CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')),
    CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')),
    CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
  );
  CREATE TABLE metrics (
    key VARCHAR(250) NOT NULL,
    value FLOAT NOT NULL,
    timestamp BIGINT NOT NULL,
    run_uuid VARCHAR(32) NOT NULL,
    step BIGINT DEFAULT '0' NOT NULL,
    is_nan BOOLEAN DEFAULT '0' NOT NULL,
    CONSTRAINT metric_pk PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan),
    FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid),
    CHECK (is_nan IN (0, 1))
  );
  CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
  CREATE TABLE latest_metrics (
    key VARCHAR(250) NOT NULL,
    value FLOAT NOT NULL,
    timestamp BIGINT,
    step BIGINT NOT NULL,
    is_nan BOOLEAN NOT NULL,
    run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT latest_metric_pk PRIMARY KEY (key, run_uuid),
    FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid),
    CHECK (is_nan IN (0, 1))
  );
  CREATE INDEX index_latest_metrics_run_uuid ON latest_metrics (run_uuid);
  CREATE TABLE params (
    key VARCHAR(250) NOT NULL,
    value VARCHAR(500) NOT NULL,
    run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT param_pk PRIMARY KEY (key, run_uuid),
    FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
  );
  CREATE INDEX index_params_run_uuid ON params (run_uuid);
  CREATE TABLE tags (
    key VARCHAR(250) NOT NULL,
    value VARCHAR(5000),
    run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT tag_pk PRIMARY KEY (key, run_uuid),
    FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
  );
  CREATE INDEX index_tags_run_uuid ON tags (run_uuid);
  CREATE TABLE registered_models (
    name VARCHAR(256) NOT NULL,
    creation_time BIGINT,
    last_updated_time BIGINT,
    description VARCHAR(5000),
    CONSTRAINT registered_model_pk PRIMARY KEY (name),
    UNIQUE (name)
  );
  CREATE TABLE registered_model_tags (
    key VARCHAR(250) NOT NULL,
    value VARCHAR(5000),
    name VARCHAR(256) NOT NULL,
    CONSTRAINT registered_model_tag_pk PRIMARY KEY (key, name),
    FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE CASCADE
  );
  CREATE TABLE registered_model_aliases (
    name VARCHAR(256) NOT NULL,
    alias VARCHAR(256) NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT registered_model_alias_pk PRIMARY KEY (name, alias),
    CONSTRAINT registered_model_alias_name_fkey FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE CASCADE ON DELETE CASCADE
  );
  CREATE TABLE model_versions (
    name VARCHAR(256) NOT NULL,
    version INTEGER NOT NULL,
    creation_time BIGINT,
    last_updated_time BIGINT,
    description VARCHAR(5000),
    user_id VARCHAR(256),
    current_stage VARCHAR(20),
    source VARCHAR(500),
    run_id VARCHAR(32),
    status VARCHAR(20),
    status_message VARCHAR(500),
    run_link VARCHAR(500),
    CONSTRAINT model_version_pk PRIMARY KEY (name, version),
    FOREIGN KEY(name) REFERENCES registered_models (name) ON UPDATE CASCADE
  );
  CREATE TABLE model_version_tags (
    key VARCHAR(250) NOT NULL,
    value VARCHAR(5000),
    name VARCHAR(256) NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT model_version_tag_pk PRIMARY KEY (key, name, version),
    FOREIGN KEY(name, version) REFERENCES model_versions (name, version) ON UPDATE CASCADE
  );`

/** Artifacts of a run, as a tracking server resolves them. The export has none. */
const artifactsOf = (experiment: number): string => `mlflow-artifacts:/${experiment}`

/** Adds the experiment `Default`, which MLflow requires, and one for each dataset. Returns their ids by dataset. */
function addExperiments(database: Database.Database, runs: readonly ExportedRun[]): Map<string, number> {
  const add = database.prepare(`INSERT INTO experiments VALUES (?, ?, ?, 'active', ?, ?)`)
  const nowMs = Date.now()
  add.run(0, 'Default', artifactsOf(0), nowMs, nowMs)
  const ids = new Map<string, number>()
  for (const { run } of runs) {
    if (ids.has(run.dataset)) continue
    const id = ids.size + 1
    ids.set(run.dataset, id)
    add.run(id, run.dataset, artifactsOf(id), nowMs, nowMs)
  }
  return ids
}

const statuses: Readonly<Record<RunStatus, string>> = {
  queued: 'SCHEDULED',
  running: 'RUNNING',
  finished: 'FINISHED',
  failed: 'FAILED',
  stopped: 'KILLED',
  interrupted: 'KILLED',
  missing: 'KILLED',
  // Its own status is in its source, see `statusOf`.
  imported: 'FINISHED',
}

/** Status in MLflow. That of a run that was imported from MLflow is as it was there. */
function statusOf({ status }: Run, { imported }: ExportedRun['pipeline']): string {
  const original = imported?.status?.toUpperCase() ?? ''
  return ['SCHEDULED', 'RUNNING', 'FAILED', 'KILLED'].includes(original) ? original : statuses[status]
}

/** Id of a run in MLflow, the same in every export. */
export const mlflowRunId = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32)

function addRun(database: Database.Database, { run, pipeline }: ExportedRun, experiment: number): string {
  const uuid = mlflowRunId(run.id)
  database
    .prepare(`INSERT INTO runs VALUES (?, ?, 'LOCAL', 'MVD Studio', '', '', ?, ?, ?, '', 'active', ?, ?, NULL)`)
    .run(
      uuid,
      nameOf(run),
      statusOf(run, pipeline),
      Date.parse(run.startedAt ?? run.createdAt),
      run.endedAt === null ? null : Date.parse(run.endedAt),
      `${artifactsOf(experiment)}/${uuid}/artifacts`,
      experiment,
    )
  const addParameter = database.prepare('INSERT INTO params VALUES (?, ?, ?)')
  for (const [key, value] of hyperparametersOf(run, pipeline)) addParameter.run(key, String(value), uuid)
  const addTag = database.prepare('INSERT INTO tags VALUES (?, ?, ?)')
  for (const [key, value] of Object.entries(tagsOf(run))) addTag.run(key, value, uuid)
  return uuid
}

const nameOf = ({ id, organization }: Run): string => organization.name ?? id

function tagsOf(run: Run): Record<string, string> {
  const { note, tags } = run.organization
  return {
    'mlflow.runName': nameOf(run),
    'mlflow.source.name': 'MVD Studio',
    'mlflow.source.type': 'LOCAL',
    run: run.id,
    pipeline: run.pipelineId,
    stage: stageTitles[run.stage],
    status: run.status,
    dataset: run.dataset,
    preset: run.preset,
    ...(run.labels === null ? {} : { labels: run.labels }),
    ...(run.engine === null ? {} : { engine: run.engine }),
    ...(tags.length === 0 ? {} : { tags: tags.join(', ') }),
    ...(note === '' ? {} : { 'mlflow.note.content': note }),
  }
}

/** A number as MLflow stores it: NaN as a flag, infinities as the largest numbers. */
function stored(value: number): { value: number; isNan: number } {
  if (Number.isNaN(value)) return { value: 0, isNan: 1 }
  return { value: Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE), isNan: 0 }
}

async function addPoints(
  database: Database.Database,
  uuid: string,
  events: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const add = database.prepare('INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)')
  const latest = new Map<string, RecordedPoint>()
  let points = 0
  const addBatch = database.transaction((batch: readonly RecordedPoint[]) => {
    for (const point of batch) {
      const { value, isNan } = stored(point.value)
      add.run(point.metric, value, point.timeMs, uuid, point.step, isNan)
      if (point.step >= (latest.get(point.metric)?.step ?? -1)) latest.set(point.metric, point)
    }
  })
  for await (const batch of readPoints(events, signal)) {
    addBatch(batch)
    points += batch.length
  }
  const addLatest = database.prepare('INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?)')
  for (const point of latest.values()) {
    const { value, isNan } = stored(point.value)
    addLatest.run(point.metric, value, point.timeMs, point.step, isNan, uuid)
  }
  return points
}
