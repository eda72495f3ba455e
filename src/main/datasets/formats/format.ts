import type { Split } from '#contract/domain/dataset.ts'
import type { AnnotationSource } from '#contract/domain/import-report.ts'
import type { ScannedFolder } from '../scan.ts'

/** What a dataset folder says about a video: its class name by label set (null if unknown), and its split if given. */
export interface Annotation {
  /** Relative to the root of the dataset, with forward slashes. */
  readonly path: string
  /** Null if it is drawn. */
  readonly split: Split | null
  /** By split set, for a dataset with several official splits: then no split is drawn. A set does not have every video. */
  readonly splits?: Readonly<Record<string, Split>>
  /** The part of a longer video that is meant. A video that is not longer was cut before. */
  readonly part?: Part
  readonly labels: Readonly<Record<string, string | null>>
  /** Labelled rectangles, if the dataset has them. */
  readonly boxes?: readonly AnnotatedBox[]
}

/** A stretch of time. */
interface Stretch {
  readonly startMs: number
  readonly endMs: number
}

export interface Part extends Stretch {
  /** What a copy of the video that is not longer was cut to. Times are those of the whole video. */
  readonly cut?: Stretch
}

/** A rectangle in the frame at a time of the video. Coordinates are shares of the width and height of the frame. */
export interface AnnotatedBox {
  readonly atMs: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Its classes. */
  readonly labels: readonly string[]
  /** The same for a person in all frames of a video. */
  readonly person?: number
}

/** A listed file that cannot be used, with its path as listed. */
export interface MissingFile extends Annotation {
  readonly reason: string
}

/** The annotations of a dataset folder, and what to report about reading them. */
export interface FolderAnnotations {
  readonly source: AnnotationSource
  readonly annotations: readonly Annotation[]
  readonly missing: readonly MissingFile[]
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
}

/** A layout of a dataset folder. */
export interface DatasetFormat {
  /**
   * Whether the folder has this layout.
   * @throws StudioError `bad-request` if this is ambiguous
   */
  detect(folder: ScannedFolder): boolean
  /** @throws StudioError `bad-request` that names the file and the lines */
  read(folder: ScannedFolder): FolderAnnotations
}
