import type { BrokenVideo, Video } from '#contract/domain/dataset.ts'
import type { Finding } from '#contract/domain/integrity.ts'
import { videoId } from '../manifest.ts'
import type { DatasetQueries } from '../queries.ts'
import type { FindingRows, IntegrityState } from './finding-rows.ts'
import { findingOfBroken, findingsOfComparison, findingsOfVideo } from './findings.ts'
import type { Comparison, FileRecord, IntegrityFile } from './records.ts'

/** Where what is known of the files of a dataset is stored. */
export interface KnownDataset {
  readonly name: string
  /** Digest of its version. */
  readonly digest: string
  readonly file: IntegrityFile
  readonly rows: FindingRows
}

/** Raised whenever other findings follow from the same facts. */
const rules = 2

/** Text that changes whenever the findings of a dataset do. */
export const stampOfFindings = ({ digest, file }: KnownDataset): string => `${rules} ${digest} ${file.stamp()}`

/** Whether a video need not be opened to know what is wrong with it. */
const isChecked = (record: FileRecord | undefined): boolean =>
  record !== undefined && (record.isDecoded || record.problem !== undefined)

/** Writes the rows of a dataset from its file. */
export function indexFindings(dataset: KnownDataset, queries: DatasetQueries): void {
  const { name, file, rows } = dataset
  const { files, comparison } = file.readAndMend()
  let checked = 0
  const state = { stamp: '', checked, isCompared: isCompared(comparison) }
  rows.put(name, state, ownFindings(), comparison === undefined ? [] : findingsOfComparison(comparison))
  // Only now all are counted. Without the stamp, rows are written again.
  rows.putState(name, { ...state, checked, stamp: stampOfFindings(dataset) })

  function* ownFindings(): Generator<Finding> {
    // Of a dataset whose headers alone were read, few files or none have a record.
    for (const video of files.size === 0 ? [] : queries.videos(name)) {
      const record = files.get(video.path)
      checked += Number(isChecked(record))
      yield* findingsOfVideo(video, record)
    }
    for (const broken of queries.brokenFiles(name))
      if (queries.video(name, videoId(broken.path)) === undefined) yield findingOfBroken(broken, files.get(broken.path))
  }
}

const isCompared = (comparison: Comparison | undefined): boolean => comparison?.nearDuplicates !== undefined

/** The records of a dataset while it is verified. What is found goes to its file and to its rows. */
export class KnownFiles {
  readonly #dataset: KnownDataset
  readonly #records: Map<string, FileRecord>
  #state: Omit<IntegrityState, 'stamp'>

  /** @param state of its rows, which are those of its file */
  constructor(dataset: KnownDataset, state: IntegrityState) {
    this.#dataset = dataset
    this.#records = dataset.file.readAndMend().files
    this.#state = state
    // The file may have been written again.
    dataset.rows.putState(dataset.name, this.#stamped())
  }

  record(path: string): FileRecord | undefined {
    return this.#records.get(path)
  }

  /** Stores what is known of a video of the dataset. */
  addVideo(video: Pick<Video, 'path' | 'frameCount'>, record: FileRecord): void {
    const more = Number(isChecked(record)) - Number(isChecked(this.#records.get(record.path)))
    this.#state = { ...this.#state, checked: this.#state.checked + more }
    this.#add(record, findingsOfVideo(video, record))
  }

  /** Stores what is known of a file that the import could not use. */
  addBroken(broken: BrokenVideo, record: FileRecord): void {
    this.#add(record, [findingOfBroken(broken, record)])
  }

  addComparison(comparison: Comparison): void {
    const { name, file, rows } = this.#dataset
    file.add([{ comparison }])
    this.#state = { ...this.#state, isCompared: isCompared(comparison) }
    rows.putCompared(name, findingsOfComparison(comparison), this.#stamped())
  }

  #add(record: FileRecord, findings: readonly Finding[]): void {
    const { name, file, rows } = this.#dataset
    this.#records.set(record.path, record)
    file.add([{ file: record }])
    rows.putFile(name, record.path, findings, this.#stamped())
  }

  /** A file is written before its rows: after a crash in between, the stamp of the rows is not that of the file. */
  #stamped(): IntegrityState {
    return { ...this.#state, stamp: stampOfFindings(this.#dataset) }
  }
}
