import type { ExclusionSet } from '#contract/domain/exclusions.ts'
import type { Finding, Verdict, VerdictCount } from '#contract/domain/integrity.ts'
import { verdicts } from '#contract/domain/integrity.ts'
import type { StudioDatabase } from '../../database/open.ts'
import { videoId } from '../manifest.ts'

/** What of a dataset is stored beside its findings. */
export interface IntegrityState {
  /** Of which files the rows are. */
  readonly stamp: string
  /** Videos that need not be opened to know what is wrong with them. */
  readonly checked: number
  /** Whether copies and files outside of the dataset have been searched for. */
  readonly isCompared: boolean
}

/** A finding with its samples in the dataset. */
export interface FindingWithSamples extends Finding {
  /** Id of the video. */
  readonly video: string
  /** Whether the dataset has samples of the file, and all of them are excluded. */
  readonly isExcluded: boolean
}

interface StateRow {
  readonly key: number
  readonly stamp: string
  readonly checked: number
  readonly is_compared: number
  readonly exclusions: number
  readonly excluded: number
  readonly chosen: number
}

interface FindingRow {
  readonly path: string
  readonly video: string
  readonly verdict: Verdict
  readonly reason: string
  readonly is_across_splits: number | null
  readonly samples: number
  readonly excluded: number
}

interface CountRow {
  readonly verdict: Verdict
  readonly files: number
  readonly across_splits: number
  readonly samples: number
  readonly excluded: number
}

/** Whether a finding is about a file alone, or was found by comparing files. */
type Source = 'file' | 'comparison'

interface NewRow {
  readonly key: number
  readonly name: string
  readonly path: string
  readonly video: string
  readonly isOfComparison: number
  readonly verdict: Verdict
  readonly reason: string
  readonly isAcross: number | null
}

/**
 * SQL of the samples of the video with an id, in the dataset with the name in the parameter `name`. SQLite would look at all samples: it
 * knows neither that a dataset has many nor that a video has few.
 */
const samplesOfVideo = (video: string): string => `
  dataset_index CROSS JOIN video
    ON dataset_index.name = @name AND video.dataset = dataset_index.key AND video.id = ${video}
  CROSS JOIN sample INDEXED BY sample_by_video
    ON sample.dataset = video.dataset AND sample.video = video.position`

/**
 * What is wrong with the files of datasets, in the tables. The counts are kept, and findings are read in pages, so that neither time nor
 * memory depend on the number of files.
 */
export class FindingRows {
  readonly #database: StudioDatabase
  readonly #state
  readonly #insert
  readonly #remove
  readonly #page
  readonly #ofFile
  readonly #counts

  constructor(database: StudioDatabase) {
    this.#database = database
    this.#state = database.prepare<[string], StateRow>('SELECT * FROM integrity WHERE dataset = ?')
    this.#insert = database.prepare<[NewRow]>(`
      INSERT INTO finding
        (integrity, path, video, is_of_comparison, verdict, reason, is_across_splits, samples, excluded)
      SELECT @key, @path, @video, @isOfComparison, @verdict, @reason, @isAcross, count(*), count(excluded_sample.sample)
        FROM ${samplesOfVideo('@video')}
        LEFT JOIN excluded_sample ON excluded_sample.integrity = @key AND excluded_sample.sample = sample.id`)
    this.#remove = database.prepare<[number, string]>(
      'DELETE FROM finding WHERE integrity = ? AND path = ? AND is_of_comparison = 0',
    )
    this.#page = database.prepare<[number, Verdict, number, number], FindingRow>(
      'SELECT * FROM finding WHERE integrity = ? AND verdict = ? ORDER BY path, key LIMIT ? OFFSET ?',
    )
    this.#ofFile = database.prepare<[number, string], FindingRow>(
      'SELECT * FROM finding WHERE integrity = ? AND path = ? ORDER BY is_of_comparison, key',
    )
    this.#counts = database.prepare<[number], CountRow>('SELECT * FROM verdict_count WHERE integrity = ? AND files > 0')
  }

  /** Names of the datasets in the tables. */
  names(): string[] {
    return this.#database.prepare<[], string>('SELECT dataset FROM integrity').pluck().all()
  }

  state(name: string): IntegrityState | undefined {
    const row = this.#state.get(name)
    return row === undefined ? undefined : { stamp: row.stamp, checked: row.checked, isCompared: row.is_compared === 1 }
  }

  /** The exclusions of a dataset: number of their set, 0 for none, and of samples. */
  exclusions(name: string): { number: number; samples: number; chosen: number } {
    const { exclusions, excluded, chosen } = this.#row(name)
    return { number: exclusions, samples: excluded, chosen }
  }

  /** Replaces what is known of a dataset, which is in the tables of samples. It has no exclusions then. */
  put(name: string, { stamp, checked, isCompared }: IntegrityState, own: Iterable<Finding>, compared: Finding[]): void {
    this.#database.transaction(() => {
      this.remove(name)
      this.#database
        .prepare<[string, string, number, number]>(
          'INSERT INTO integrity (dataset, stamp, checked, is_compared) VALUES (?, ?, ?, ?)',
        )
        .run(name, stamp, checked, Number(isCompared))
      this.#add(name, own, 'file')
      this.#add(name, compared, 'comparison')
    })()
  }

  /** Replaces what is known of one file of a dataset alone. */
  putFile(name: string, path: string, findings: readonly Finding[], state: IntegrityState): void {
    this.#database.transaction(() => {
      this.#remove.run(this.#row(name).key, path)
      this.#add(name, findings, 'file')
      this.putState(name, state)
    })()
  }

  /** Replaces what was found by comparing the files of a dataset. */
  putCompared(name: string, findings: readonly Finding[], state: IntegrityState): void {
    this.#database.transaction(() => {
      this.#database
        .prepare<[number]>('DELETE FROM finding WHERE integrity = ? AND is_of_comparison = 1')
        .run(this.#row(name).key)
      this.#add(name, findings, 'comparison')
      this.putState(name, state)
    })()
  }

  putState(name: string, { stamp, checked, isCompared }: IntegrityState): void {
    this.#database
      .prepare<[string, number, number, string]>(
        'UPDATE integrity SET stamp = ?, checked = ?, is_compared = ? WHERE dataset = ?',
      )
      .run(stamp, checked, Number(isCompared), name)
  }

  /** Stores which samples of a dataset are excluded; undefined if none are. */
  putExclusions(name: string, set: ExclusionSet | undefined): void {
    const { key } = this.#row(name)
    const reasons = Object.entries(set?.samples ?? {})
    const chosen = reasons.filter(([, reason]) => reason === 'chosen').length
    this.#database.transaction(() => {
      this.#database.prepare<[number]>('DELETE FROM excluded_sample WHERE integrity = ?').run(key)
      const insert = this.#database.prepare<[number, string]>('INSERT INTO excluded_sample VALUES (?, ?)')
      for (const [sample] of reasons) insert.run(key, sample)
      this.#database
        .prepare<[number, number, number, number]>(
          'UPDATE integrity SET exclusions = ?, excluded = ?, chosen = ? WHERE key = ?',
        )
        .run(set?.number ?? 0, reasons.length, chosen, key)
      this.#database
        .prepare<[{ key: number; name: string }]>(`
          UPDATE finding SET excluded = (
            SELECT count(*) FROM ${samplesOfVideo('finding.video')}
            JOIN excluded_sample ON excluded_sample.integrity = @key AND excluded_sample.sample = sample.id)
          WHERE integrity = @key AND samples > 0`)
        .run({ key, name })
    })()
  }

  /** In the order of `verdicts`; those without a file are absent. */
  counts(name: string): VerdictCount[] {
    const rows = new Map(this.#counts.all(this.#row(name).key).map((row) => [row.verdict, row]))
    return verdicts.flatMap((verdict) => {
      const row = rows.get(verdict)
      if (row === undefined) return []
      const { files, across_splits: acrossSplits, samples, excluded } = row
      return { verdict, files, acrossSplits, samples, excluded }
    })
  }

  /** Findings of a verdict, sorted by path. */
  page(name: string, verdict: Verdict, offset: number, limit: number): FindingWithSamples[] {
    return this.#page.all(this.#row(name).key, verdict, limit, offset).map((row) => ({
      ...findingOf(row),
      video: row.video,
      isExcluded: row.samples > 0 && row.excluded === row.samples,
    }))
  }

  /** Findings of a file. */
  ofFile(name: string, path: string): Finding[] {
    return this.#ofFile.all(this.#row(name).key, path).map(findingOf)
  }

  /** Findings of files that are not in the dataset, sorted by path. */
  outside(name: string): Finding[] {
    return this.#database
      .prepare<[number], FindingRow>(
        'SELECT * FROM finding WHERE integrity = ? AND samples = 0 ORDER BY path, is_of_comparison, key',
      )
      .all(this.#row(name).key)
      .map(findingOf)
  }

  /** Ids of the samples of all files with a verdict, or of those with a copy in another split. */
  samplesWith(name: string, verdict: Verdict, isAcrossSplits: boolean): string[] {
    return this.#database
      .prepare<[{ key: number; name: string; verdict: Verdict; isAcross: number }], string>(`
        SELECT DISTINCT sample.id FROM finding CROSS JOIN ${samplesOfVideo('finding.video')}
          WHERE finding.integrity = @key AND finding.verdict = @verdict
            AND coalesce(finding.is_across_splits, 0) >= @isAcross`)
      .pluck()
      .all({ key: this.#row(name).key, name, verdict, isAcross: Number(isAcrossSplits) })
  }

  remove(name: string): void {
    const row = this.#state.get(name)
    if (row === undefined) return
    this.#database.transaction(() => {
      for (const table of ['finding', 'verdict_count', 'excluded_sample'])
        this.#database.prepare<[number]>(`DELETE FROM ${table} WHERE integrity = ?`).run(row.key)
      this.#database.prepare<[number]>('DELETE FROM integrity WHERE key = ?').run(row.key)
    })()
  }

  #add(name: string, findings: Iterable<Finding>, source: Source): void {
    const { key } = this.#row(name)
    for (const { path, verdict, reason, isAcrossSplits } of findings) {
      const isAcross = isAcrossSplits === undefined ? null : Number(isAcrossSplits)
      const isOfComparison = Number(source === 'comparison')
      this.#insert.run({ key, name, path, video: videoId(path), isOfComparison, verdict, reason, isAcross })
    }
  }

  #row(name: string): StateRow {
    const row = this.#state.get(name)
    if (row === undefined) throw new Error(`What is known of the files of the dataset ${name} is not in the database.`)
    return row
  }
}

const findingOf = ({ path, verdict, reason, is_across_splits }: FindingRow): Finding => ({
  path,
  verdict,
  reason,
  ...(is_across_splits === null ? {} : { isAcrossSplits: is_across_splits === 1 }),
})
