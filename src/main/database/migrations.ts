import { findingTables } from './finding-tables.ts'

/**
 * The schema, one entry per version; entries are only added, never changed. Everything here can be rebuilt from the
 * workspace's folders. Metric values are NULL for NaN; infinities are stored as they are.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE dataset (
    name TEXT PRIMARY KEY,
    summary TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE pipeline (
    id TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    document TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE run (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    pipeline_id TEXT NOT NULL REFERENCES pipeline(id),
    stage TEXT NOT NULL,
    dataset TEXT NOT NULL,
    labels TEXT,
    preset TEXT NOT NULL,
    inputs TEXT NOT NULL,
    created_at TEXT NOT NULL,
    status TEXT NOT NULL,
    is_stopping INTEGER NOT NULL DEFAULT 0,
    interruption TEXT,

    -- from process.json
    queued_at TEXT NOT NULL,
    stopped_at TEXT,
    spawned_at TEXT,
    pid INTEGER,
    events_from INTEGER NOT NULL DEFAULT 0,

    -- from events.jsonl, up to the byte event_cursor
    event_cursor INTEGER NOT NULL DEFAULT 0,
    started_at TEXT,
    attempt INTEGER NOT NULL DEFAULT 0,
    attempt_started_at TEXT,
    pace_step INTEGER,
    pace_at TEXT,
    step INTEGER NOT NULL DEFAULT 0,
    step_at TEXT,
    last_at TEXT,
    total_steps INTEGER,
    epochs INTEGER,
    batch_size INTEGER,
    engine TEXT,
    parameters INTEGER,
    computed_ms REAL NOT NULL DEFAULT 0,
    result TEXT,
    end_offset INTEGER,
    end_status TEXT,
    end_at TEXT,
    end_error TEXT
  );
  CREATE INDEX run_by_pipeline ON run(pipeline_id);

  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run(key),
    name TEXT NOT NULL,
    last REAL,
    last_step INTEGER NOT NULL,
    min REAL,
    max REAL,
    count INTEGER NOT NULL,
    UNIQUE (run, name)
  );
  CREATE TABLE metric (
    series INTEGER NOT NULL REFERENCES series(id),
    step INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY (series, step)
  ) WITHOUT ROWID;

  CREATE TABLE log_line (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run(key),
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
  );
  CREATE INDEX log_line_by_run ON log_line(run, id);

  CREATE TABLE media (
    run INTEGER NOT NULL REFERENCES run(key),
    step INTEGER NOT NULL,
    kind TEXT NOT NULL,
    video TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (run, step, kind, video)
  ) WITHOUT ROWID;

  CREATE TABLE checkpoint (
    run INTEGER NOT NULL REFERENCES run(key),
    step INTEGER NOT NULL,
    card TEXT NOT NULL,
    PRIMARY KEY (run, step)
  ) WITHOUT ROWID;
  `,

  // `series` holds one row per metric of a run with its summary; its points get the name of what they are.
  `
  ALTER TABLE metric RENAME TO point;
  ALTER TABLE run RENAME COLUMN batch_size TO effective_batch_size;
  `,

  // Executors keep their own handles in process.json; the queue and what waits for a run are found without reading every run.
  `
  ALTER TABLE run RENAME COLUMN spawned_at TO submitted_at;
  ALTER TABLE run DROP COLUMN pid;
  ALTER TABLE run ADD COLUMN request TEXT; -- from run.json
  CREATE INDEX run_by_status ON run(status);

  CREATE TABLE run_input (
    run INTEGER NOT NULL REFERENCES run(key),
    input TEXT NOT NULL, -- id of the run whose checkpoint it needs
    PRIMARY KEY (run, input)
  ) WITHOUT ROWID;
  CREATE INDEX run_input_by_input ON run_input(input);
  INSERT OR IGNORE INTO run_input
    SELECT run.key, json_each.value FROM run, json_each(run.inputs)
    WHERE json_each.value LIKE '%.%' AND json_each.value NOT LIKE '%@%';
  `,

  // Among five classes or fewer, top-5 is 100 % whatever the model does.
  `
  DELETE FROM point WHERE series IN (
    SELECT series.id FROM series JOIN run ON run.key = series.run
    WHERE series.name = 'test/top5' AND json_array_length(run.result, '$.classes') <= 5
  );
  DELETE FROM series WHERE name = 'test/top5' AND id NOT IN (SELECT series FROM point);
  `,

  // What was wrong with the files at the last start, so that it is not said again at every start.
  `
  CREATE TABLE reported_problem (message TEXT PRIMARY KEY) WITHOUT ROWID;
  `,

  // Long series are packed: a chunk of points and its summary are one row instead of thousands.
  `
  CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series(id) ON DELETE CASCADE,
    first_step INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    count INTEGER NOT NULL,
    width INTEGER NOT NULL,
    buckets BLOB NOT NULL, -- before the points, so that reading it does not read them
    points BLOB NOT NULL
  );
  CREATE UNIQUE INDEX chunk_by_series ON chunk(series, first_step);
  `,

  // Copies of organization.json and <pipeline>.organization.json; NULL if there is none.
  `
  ALTER TABLE run ADD COLUMN organization TEXT;
  ALTER TABLE pipeline ADD COLUMN organization TEXT;
  `,

  // When steps were computed, sampled so that the time of every step is known within a thousandth; `reindex` fills it for earlier runs.
  `
  CREATE TABLE step_time (
    run INTEGER NOT NULL REFERENCES run(key) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    wall_ms REAL NOT NULL,
    compute_ms REAL NOT NULL,
    PRIMARY KEY (run, step)
  ) WITHOUT ROWID;
  `,

  // Hyperparameters of runs, by which filters find them, and values of metrics at the step where the validation was best.
  `
  CREATE TABLE run_parameter (
    run INTEGER NOT NULL REFERENCES run(key) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value NOT NULL, -- a number or a text, flags as 1 or 0
    PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  ALTER TABLE series ADD COLUMN at_best_validation REAL;
  `,

  // Where each attempt of a run computed. Attempts that were read before this table are not in it.
  `
  CREATE TABLE attempt (
    run INTEGER NOT NULL REFERENCES run(key) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    from_step INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    engine TEXT NOT NULL,
    environment TEXT,
    PRIMARY KEY (run, attempt)
  ) WITHOUT ROWID;
  `,

  // Why a run finished before its last epoch, and whether it may.
  `
  ALTER TABLE run ADD COLUMN early_stop TEXT;
  ALTER TABLE run ADD COLUMN may_stop_early INTEGER NOT NULL DEFAULT 0;
  `,

  // How the last process of a run ended, from process.json, which is read at every start.
  `
  ALTER TABLE run ADD COLUMN exit TEXT;
  `,

  // The end of a run as process.json has it, and a checksum of what was read of events.jsonl, by which a replaced file is recognised.
  `
  ALTER TABLE run ADD COLUMN recorded_end TEXT;
  ALTER TABLE run ADD COLUMN event_mark TEXT;
  `,

  // The summaries of chunks in fewer buckets, those of a series side by side: long series are drawn from them. `reindex` fills it for earlier chunks.
  `
  CREATE TABLE outline (
    series INTEGER NOT NULL REFERENCES series(id) ON DELETE CASCADE,
    first_step INTEGER NOT NULL,
    buckets BLOB NOT NULL,
    PRIMARY KEY (series, first_step)
  ) WITHOUT ROWID;
  `,

  // The place of a run in the queue and what was asked of its process, from process.json, which is read at every start.
  `
  ALTER TABLE run ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
  ALTER TABLE run ADD COLUMN position REAL;
  ALTER TABLE run ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE run ADD COLUMN asked TEXT;
  `,

  // The samples, videos and unused files of datasets, from which pages are read. `stamp` says of which files they are.
  `
  CREATE TABLE dataset_index (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    stamp TEXT NOT NULL,
    detail TEXT NOT NULL
  );
  CREATE TABLE video (
    dataset INTEGER NOT NULL, -- dataset_index.key
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    path TEXT NOT NULL,
    frame_count INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    frames_per_second REAL NOT NULL,
    duration_ms REAL NOT NULL,
    codec TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    modified_at_ms REAL,
    PRIMARY KEY (dataset, position)
  ) WITHOUT ROWID;
  CREATE INDEX video_by_id ON video(dataset, id);
  CREATE TABLE sample (
    dataset INTEGER NOT NULL, -- dataset_index.key
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    video INTEGER NOT NULL, -- position of its video
    first_frame INTEGER, -- NULL for the whole video
    frame_count INTEGER NOT NULL,
    labels TEXT NOT NULL, -- class index by label set
    boxes TEXT,
    split TEXT, -- in the default split set
    splits TEXT, -- by split set, if there are several
    PRIMARY KEY (dataset, position)
  ) WITHOUT ROWID;
  CREATE TABLE dataset_class (
    dataset INTEGER NOT NULL, -- dataset_index.key
    label_set TEXT NOT NULL,
    class_index INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (dataset, label_set, class_index)
  ) WITHOUT ROWID;
  CREATE TABLE broken_file (
    dataset INTEGER NOT NULL, -- dataset_index.key
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    is_missing INTEGER,
    PRIMARY KEY (dataset, position)
  ) WITHOUT ROWID;
  `,

  // Time of the last event that the process of an attempt wrote after its start, by a clock that only goes forward.
  `
  ALTER TABLE run ADD COLUMN attempt_at TEXT;
  `,

  // The whole of each series of a run that has ended, in few buckets. `reindex` fills it for earlier runs.
  `
  CREATE TABLE overview (
    series INTEGER PRIMARY KEY REFERENCES series(id) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    first_step INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    width INTEGER NOT NULL,
    buckets BLOB NOT NULL
  );
  `,

  // Samples of a file in which something was found.
  `
  CREATE INDEX sample_by_video ON sample(dataset, video);
  `,

  // The split sets of a dataset are listed with it.
  `
  UPDATE dataset SET summary = json_set(summary, '$.splitSets', json(coalesce(
    (SELECT detail -> '$.splitSets' FROM dataset_index WHERE dataset_index.name = dataset.name),
    '["default"]'
  )));
  `,

  findingTables,
]
