/**
 * A migration: what is wrong with the files of datasets, as `integrity.jsonl` and the exclusions in their folders say; `stamp` says of
 * which files. `verdict_count` follows `finding`, so that the page of a dataset counts nothing.
 */
export const findingTables = `
  CREATE TABLE integrity (
    key INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL UNIQUE, -- its name
    stamp TEXT NOT NULL,
    checked INTEGER NOT NULL, -- videos that need not be opened to know what is wrong with them
    is_compared INTEGER NOT NULL,
    exclusions INTEGER NOT NULL DEFAULT 0, -- number of the set of exclusions; 0 for none
    excluded INTEGER NOT NULL DEFAULT 0, -- samples in it
    chosen INTEGER NOT NULL DEFAULT 0 -- of these, the ones that were chosen one by one
  );
  CREATE TABLE excluded_sample (
    integrity INTEGER NOT NULL, -- integrity.key
    sample TEXT NOT NULL,
    PRIMARY KEY (integrity, sample)
  ) WITHOUT ROWID;
  CREATE TABLE finding (
    key INTEGER PRIMARY KEY,
    integrity INTEGER NOT NULL, -- integrity.key
    path TEXT NOT NULL,
    video TEXT NOT NULL, -- id of a video with this path, which may not be in the dataset
    is_of_comparison INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    is_across_splits INTEGER,
    samples INTEGER NOT NULL,
    excluded INTEGER NOT NULL
  );
  CREATE INDEX finding_by_verdict ON finding(integrity, verdict, path);
  CREATE INDEX finding_by_path ON finding(integrity, path);
  CREATE TABLE verdict_count (
    integrity INTEGER NOT NULL, -- integrity.key
    verdict TEXT NOT NULL,
    files INTEGER NOT NULL,
    across_splits INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    excluded INTEGER NOT NULL,
    PRIMARY KEY (integrity, verdict)
  ) WITHOUT ROWID;
  CREATE TRIGGER finding_added AFTER INSERT ON finding BEGIN
    INSERT OR IGNORE INTO verdict_count VALUES (new.integrity, new.verdict, 0, 0, 0, 0);
    UPDATE verdict_count SET files = files + 1, across_splits = across_splits + coalesce(new.is_across_splits, 0),
      samples = samples + new.samples, excluded = excluded + new.excluded
      WHERE integrity = new.integrity AND verdict = new.verdict;
  END;
  CREATE TRIGGER finding_removed AFTER DELETE ON finding BEGIN
    UPDATE verdict_count SET files = files - 1, across_splits = across_splits - coalesce(old.is_across_splits, 0),
      samples = samples - old.samples, excluded = excluded - old.excluded
      WHERE integrity = old.integrity AND verdict = old.verdict;
  END;
  CREATE TRIGGER finding_excluded AFTER UPDATE OF excluded ON finding WHEN new.excluded <> old.excluded BEGIN
    UPDATE verdict_count SET excluded = excluded + new.excluded - old.excluded
      WHERE integrity = new.integrity AND verdict = new.verdict;
  END;
`
