import type { BrokenVideo, Video } from '#contract/domain/dataset.ts'
import type { Finding, Verdict, VerdictCount } from '#contract/domain/integrity.ts'
import { verdicts } from '#contract/domain/integrity.ts'
import { findingOfBroken, findingsOfComparison, findingsOfVideo } from './findings.ts'
import type { Comparison, FileRecord, IntegrityFile } from './records.ts'

/** The files of a dataset in the tables. */
export interface DatasetFiles {
  readonly videos: Iterable<Video>
  readonly broken: Iterable<BrokenVideo>
  /** Ids of the samples of a file. */
  readonly samplesOf: (path: string) => string[]
}

/** Whether a video need not be opened to know what is wrong with it. */
const isChecked = (record: FileRecord): boolean => record.isDecoded || record.problem !== undefined

/** What is known of the files of a dataset, in memory and in its file. */
export class KnownFiles {
  readonly #file: IntegrityFile
  readonly #samplesOf: DatasetFiles['samplesOf']
  readonly #records: Map<string, FileRecord>
  /** Findings by path: those of a file alone, and those of comparing files. */
  readonly #own = new Map<string, readonly Finding[]>()
  #compared: ReadonlyMap<string, readonly Finding[]> = new Map()
  readonly #samples = new Map<string, readonly string[]>()
  #comparison: Comparison | undefined
  /** Videos of the dataset, and how many of them are checked. */
  #videos = 0
  #checked = 0

  constructor(file: IntegrityFile, { videos, broken, samplesOf }: DatasetFiles) {
    this.#file = file
    this.#samplesOf = samplesOf
    const { files, comparison } = file.read()
    this.#records = files
    const paths = new Set<string>()
    for (const video of videos) {
      paths.add(video.path)
      this.#videos += 1
      const record = files.get(video.path)
      if (record !== undefined && isChecked(record)) this.#checked += 1
      this.#put(video.path, findingsOfVideo(video, record))
    }
    for (const one of broken) if (!paths.has(one.path)) this.#put(one.path, [findingOfBroken(one, files.get(one.path))])
    this.#compare(comparison)
  }

  get videos(): number {
    return this.#videos
  }

  get checked(): number {
    return this.#checked
  }

  get comparison(): Comparison | undefined {
    return this.#comparison
  }

  record(path: string): FileRecord | undefined {
    return this.#records.get(path)
  }

  /** Stores what is known of a video of the dataset. */
  addVideo(video: Pick<Video, 'path' | 'frameCount'>, record: FileRecord): void {
    const before = this.#records.get(record.path)
    this.#checked += Number(isChecked(record)) - Number(before !== undefined && isChecked(before))
    this.#add(record)
    this.#put(video.path, findingsOfVideo(video, record))
  }

  /** Stores what is known of a file that the import could not use. */
  addBroken(broken: BrokenVideo, record: FileRecord): void {
    this.#add(record)
    this.#put(broken.path, [findingOfBroken(broken, record)])
  }

  addComparison(comparison: Comparison): void {
    this.#file.add([{ comparison }])
    this.#compare(comparison)
  }

  /** Findings of a file. */
  findingsOf(path: string): Finding[] {
    return [...(this.#own.get(path) ?? []), ...(this.#compared.get(path) ?? [])]
  }

  /** All findings, or those of a verdict, sorted by path. */
  findings(verdict?: Verdict): Finding[] {
    return [...this.#own.values(), ...this.#compared.values()]
      .flatMap((findings) => findings.filter((finding) => verdict === undefined || finding.verdict === verdict))
      .toSorted((a, b) => (a.path < b.path ? -1 : a.path === b.path ? 0 : 1))
  }

  /** Ids of the samples of a file. */
  samplesOf(path: string): readonly string[] {
    const known = this.#samples.get(path) ?? this.#samplesOf(path)
    this.#samples.set(path, known)
    return known
  }

  counts(isExcluded: (sample: string) => boolean): VerdictCount[] {
    const byVerdict = Map.groupBy(this.findings(), ({ verdict }) => verdict)
    return verdicts.flatMap((verdict) => {
      const findings = byVerdict.get(verdict)
      if (findings === undefined) return []
      const samples = findings.flatMap(({ path }) => this.samplesOf(path))
      return {
        verdict,
        files: findings.length,
        acrossSplits: findings.filter(({ isAcrossSplits }) => isAcrossSplits === true).length,
        samples: samples.length,
        excluded: samples.filter(isExcluded).length,
      }
    })
  }

  #add(record: FileRecord): void {
    this.#records.set(record.path, record)
    this.#file.add([{ file: record }])
  }

  #put(path: string, findings: readonly Finding[]): void {
    if (findings.length > 0) this.#own.set(path, findings)
    else this.#own.delete(path)
  }

  #compare(comparison: Comparison | undefined): void {
    this.#comparison = comparison
    this.#compared = Map.groupBy(comparison === undefined ? [] : findingsOfComparison(comparison), ({ path }) => path)
  }
}
