import { setImmediate } from 'node:timers/promises'
import {
  type BrokenPage,
  datasetDetail,
  type DatasetDetail,
  type PageRequest,
} from '#contract/domain/dataset-detail.ts'
import { type DatasetLine, defaultSplitOf } from '#contract/domain/dataset-lines.ts'
import { datasetSummary, type DatasetSummary, type UsedExclusions, type Video } from '#contract/domain/dataset.ts'
import type { Split } from '#contract/domain/split.ts'
import { toJson } from '#node/json-file.ts'
import type { StudioDatabase } from '../database/open.ts'
import { type VideoRow, videoOfRow } from './rows.ts'
import { balanceOfRows } from './sample-counts.ts'
import { prepareInsert, writeRows } from './write-rows.ts'

/** Rows of a dataset that are removed before other work of the studio gets its turn. */
const rowsPerRemoval = 20_000
/** Rows that are read at a time: an open statement would keep others from running. */
const rowsPerRead = 1000

interface IndexRow {
  readonly key: number
  readonly detail: string
}

interface BrokenRow {
  readonly path: string
  readonly reason: string
  readonly is_missing: number | null
}

/** Other exclusions of a dataset, and the splits by split set of the samples that they change; those of an excluded one are empty. */
export interface ExclusionChange {
  readonly exclusions: UsedExclusions | undefined
  readonly splits: ReadonlyMap<string, Readonly<Record<string, Split>>>
}

/** Begins the name of a dataset of which some rows are missing. */
const unfinished = '.'

/** The tables of datasets: what lists show, and the samples, videos and unused files, which are read in pages. */
export class DatasetQueries {
  readonly #database: StudioDatabase
  /** Datasets that were opened: each page needs its dataset. */
  readonly #opened = new Map<string, { key: number; detail: DatasetDetail }>()
  /** A dataset that is written in turns may be asked for, and then is written at once. */
  #begun = 0
  readonly #list
  readonly #get
  readonly #root
  readonly #index
  readonly #stamp
  readonly #key
  readonly #broken
  readonly #videos
  readonly #video
  readonly #samples

  constructor(database: StudioDatabase) {
    this.#database = database
    this.#list = database.prepare<[], { summary: string }>('SELECT summary FROM dataset ORDER BY name')
    this.#get = database.prepare<[string], { summary: string }>('SELECT summary FROM dataset WHERE name = ?')
    this.#root = database.prepare<[string], string>("SELECT summary ->> '$.root' FROM dataset WHERE name = ?").pluck()
    this.#index = database.prepare<[string], IndexRow>('SELECT key, detail FROM dataset_index WHERE name = ?')
    this.#stamp = database.prepare<[string], string>('SELECT stamp FROM dataset_index WHERE name = ?').pluck()
    this.#key = database.prepare<[string], number>('SELECT key FROM dataset_index WHERE name = ?').pluck()
    this.#broken = database.prepare<[number, number, number], BrokenRow>(
      'SELECT path, reason, is_missing FROM broken_file WHERE dataset = ? AND position >= ? ORDER BY position LIMIT ?',
    )
    this.#videos = database.prepare<[number, number, number], VideoRow>(
      'SELECT * FROM video WHERE dataset = ? AND position >= ? ORDER BY position LIMIT ?',
    )
    this.#samples = database
      .prepare<[number, string], string>(
        // Left to itself, SQLite looks at all samples, which have the wanted order.
        `SELECT sample.id FROM video CROSS JOIN sample INDEXED BY sample_by_video
            ON sample.dataset = video.dataset AND sample.video = video.position
          WHERE video.dataset = ? AND video.id = ? ORDER BY sample.position`,
      )
      .pluck()
    this.#video = database.prepare<[number, string], VideoRow>('SELECT * FROM video WHERE dataset = ? AND id = ?')
  }

  list(): DatasetSummary[] {
    return this.#list.all().map(({ summary }) => datasetSummary.parse(JSON.parse(summary)))
  }

  get(name: string): DatasetSummary | undefined {
    const row = this.#get.get(name)
    return row === undefined ? undefined : datasetSummary.parse(JSON.parse(row.summary))
  }

  /** Folder with the videos of a dataset. */
  rootOf(name: string): string | undefined {
    return this.#root.get(name)
  }

  /** Of which files the rows of a dataset are; undefined if it has none. */
  stampOf(name: string): string | undefined {
    return this.#stamp.get(name)
  }

  /** A dataset with its key in the tables of samples, videos and unused files. It must be in them. */
  open(name: string): { key: number; detail: DatasetDetail } {
    const known = this.#opened.get(name)
    if (known !== undefined) return known
    const row = this.#index.get(name)
    if (row === undefined) throw new Error(`The samples of the dataset ${name} are not in the database.`)
    const opened = { key: row.key, detail: datasetDetail.parse(JSON.parse(row.detail)) }
    this.#opened.set(name, opened)
    return opened
  }

  #keyOf(name: string): number | undefined {
    return this.#key.get(name)
  }

  broken({ name, offset, limit }: PageRequest): BrokenPage {
    const key = this.#keyOf(name)
    if (key === undefined) return { total: 0, files: [] }
    const files = this.#broken.all(key, offset, limit).map(({ path, reason, is_missing }) => ({
      path,
      reason,
      ...(is_missing === null ? {} : { isMissing: is_missing === 1 }),
    }))
    return { total: this.open(name).detail.brokenCount, files }
  }

  /** Videos of a dataset in its order from a position on, at most `limit`. */
  videosFrom(name: string, position: number, limit: number): Video[] {
    const key = this.#keyOf(name)
    return key === undefined ? [] : this.#videos.all(key, position, limit).map(videoOfRow)
  }

  /** All videos of a dataset in its order, read in pages. */
  *videos(name: string): Generator<Video> {
    for (let at = 0; ; at += rowsPerRead) {
      const page = this.videosFrom(name, at, rowsPerRead)
      yield* page
      if (page.length < rowsPerRead) return
    }
  }

  /** Files of a dataset that are not used, read in pages. */
  *brokenFiles(name: string): Generator<BrokenPage['files'][number]> {
    for (let at = 0; ; at += rowsPerRead) {
      const { files } = this.broken({ name, offset: at, limit: rowsPerRead })
      yield* files
      if (files.length < rowsPerRead) return
    }
  }

  video(name: string, id: string): Video | undefined {
    const key = this.#keyOf(name)
    const row = key === undefined ? undefined : this.#video.get(key, id)
    return row === undefined ? undefined : videoOfRow(row)
  }

  /** Ids of all samples of a dataset, in its order. */
  sampleIds(name: string): string[] {
    const key = this.#keyOf(name)
    if (key === undefined) return []
    return this.#database
      .prepare<[number], string>('SELECT id FROM sample WHERE dataset = ? ORDER BY position')
      .pluck()
      .all(key)
  }

  /** Ids of the samples of a video, in the order of the dataset. */
  samplesOf(name: string, videoId: string): string[] {
    const key = this.#keyOf(name)
    return key === undefined ? [] : this.#samples.all(key, videoId)
  }

  /**
   * Replaces a dataset. All of it is stored or nothing.
   * @param stamp says of which files it is
   */
  put(detail: DatasetDetail, stamp: string, lines: Iterable<DatasetLine>): void {
    this.#database.transaction(() => {
      const { key, rows } = this.#begin(detail, lines)
      while (rows.next().done !== true);
      const before = this.#finish(key, detail, stamp)
      if (before !== undefined) this.#removeRows(before)
    })()
  }

  /**
   * The same in short transactions, between which other work of the studio gets its turn. Until the last one, the rows are those before.
   * @throws the reason of the signal, if it is aborted
   */
  async putInTurns(
    detail: DatasetDetail,
    stamp: string,
    lines: Iterable<DatasetLine>,
    signal: AbortSignal,
  ): Promise<void> {
    const { key, rows } = this.#begin(detail, lines)
    const next = this.#database.transaction(() => rows.next().done === true)
    let before: number | undefined
    try {
      while (!next()) {
        await setImmediate()
        signal.throwIfAborted()
      }
      before = this.#database.transaction(() => this.#finish(key, detail, stamp))()
    } catch (cause) {
      rows.return()
      this.#database.transaction(() => this.#removeRows(key))()
      throw cause
    }
    if (before !== undefined) await this.#removeInTurns(before)
  }

  /** What is left if the studio is closed meanwhile is removed at its next start. */
  async #removeInTurns(key: number): Promise<void> {
    const removeBefore = this.#database.transaction((before: number) => {
      for (const table of ['sample', 'video'])
        this.#database
          .prepare<[number, number]>(`DELETE FROM ${table} WHERE dataset = ? AND position < ?`)
          .run(key, before)
    })
    const last = this.#database
      .prepare<[number], number | null>('SELECT max(position) FROM sample WHERE dataset = ?')
      .pluck()
      .get(key)
    for (let before = rowsPerRemoval; before < (last ?? 0); before += rowsPerRemoval) {
      removeBefore(before)
      await setImmediate()
      if (!this.#database.open) return
    }
    this.#database.transaction(() => this.#removeRows(key))()
  }

  /** Removes what a studio left behind that was killed during `putInTurns`. */
  removeUnfinished(): void {
    const keys = this.#database
      .prepare<[string], number>('SELECT key FROM dataset_index WHERE substr(name, 1, 1) = ?')
      .pluck()
      .all(unfinished)
    this.#database.transaction(() => keys.forEach((key) => this.#removeRows(key)))()
  }

  /** A new key for the rows of a dataset, which are not yet those of its name. */
  #begin({ name, splitSets }: DatasetDetail, lines: Iterable<DatasetLine>) {
    const key = Number(
      this.#database
        .prepare<[string]>("INSERT INTO dataset_index (name, stamp, detail) VALUES (?, '', '')")
        .run(`${unfinished}${name} ${++this.#begun}`).lastInsertRowid,
    )
    return { key, rows: writeRows(this.#database, key, splitSets.length > 1, lines) }
  }

  /** The rows are those of the dataset from now on. @returns the key of the rows before, which belong to no dataset any more */
  #finish(key: number, detail: DatasetDetail, stamp: string): number | undefined {
    this.#opened.delete(detail.name)
    const before = this.#keyOf(detail.name)
    this.#database.prepare<[string]>('DELETE FROM dataset WHERE name = ?').run(detail.name)
    if (before !== undefined)
      this.#database
        .prepare<[string, number]>('UPDATE dataset_index SET name = ? WHERE key = ?')
        .run(`${unfinished}${detail.name} ${++this.#begun}`, before)
    this.#insert('dataset', [detail.name, toJson(datasetSummary.parse(detail))])
    this.#database
      .prepare<[string, string, string, number]>(
        'UPDATE dataset_index SET name = ?, stamp = ?, detail = ? WHERE key = ?',
      )
      .run(detail.name, stamp, toJson(detail), key)
    for (const { name, classes } of detail.labelSets)
      for (const [index, label] of classes.entries()) this.#insert('dataset_class', [key, name, index, label])
    return before
  }

  /**
   * Changes the exclusions of a dataset; the rows of other samples stay. All of it is stored or nothing.
   * @param stamp says of which files it is
   */
  changeExclusions(name: string, stamp: string, { exclusions, splits }: ExclusionChange): void {
    const { key, detail } = this.open(name)
    const { exclusions: _before, ...rest } = detail
    this.#opened.delete(name)
    this.#database.transaction(() => {
      const update = this.#database.prepare<[string | null, string | null, number, number]>(
        'UPDATE sample SET split = ?, splits = ? WHERE dataset = ? AND position = ?',
      )
      const found = this.#database
        .prepare<[number, string], { position: number; id: string }>(
          'SELECT position, id FROM sample WHERE dataset = ? AND id IN (SELECT value FROM json_each(?))',
        )
        .all(key, toJson([...splits.keys()]))
      for (const { position, id } of found) {
        const of = splits.get(id) ?? {}
        update.run(defaultSplitOf(of), detail.splitSets.length > 1 ? toJson(of) : null, key, position)
      }
      const changed: DatasetDetail = {
        ...rest,
        ...(exclusions === undefined ? {} : { exclusions }),
        balance: detail.labelSets.flatMap((labelSet) => balanceOfRows(this.#database, key, labelSet, 'split')),
      }
      this.#database
        .prepare<[string, string]>('UPDATE dataset SET summary = ? WHERE name = ?')
        .run(toJson(datasetSummary.parse(changed)), name)
      this.#database
        .prepare<[string, string, number]>('UPDATE dataset_index SET stamp = ?, detail = ? WHERE key = ?')
        .run(stamp, toJson(changed), key)
    })()
  }

  remove(name: string): void {
    this.#opened.delete(name)
    this.#database.transaction(() => {
      const key = this.#keyOf(name)
      this.#database.prepare<[string]>('DELETE FROM dataset WHERE name = ?').run(name)
      if (key !== undefined) this.#removeRows(key)
    })()
  }

  #removeRows(key: number): void {
    for (const table of ['sample', 'video', 'dataset_class', 'broken_file'])
      this.#database.prepare<[number]>(`DELETE FROM ${table} WHERE dataset = ?`).run(key)
    this.#database.prepare<[number]>('DELETE FROM dataset_index WHERE key = ?').run(key)
  }

  #insert(table: string, values: (string | number)[]): void {
    prepareInsert(this.#database, table, values.length).run(...values)
  }
}
