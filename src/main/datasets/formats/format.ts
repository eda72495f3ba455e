import type { Split } from '#contract/domain/dataset.ts'
import type { AnnotationSource } from '#contract/domain/import-report.ts'
import type { ScannedFolder } from '../scan.ts'

/** What a dataset folder says about a video: its class name by label set (null if unknown), and its split if given. */
export interface Annotation {
  /** Relative to the root of the dataset, with forward slashes. */
  readonly path: string
  readonly split: Split | null
  readonly labels: Readonly<Record<string, string | null>>
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
