import type { Split } from '#contract/domain/dataset.ts'

/** What a dataset folder says about a video: its class name by label set (null if unknown), and its split if given. */
export interface Annotation {
  /** Relative to the root of the dataset, with forward slashes. */
  readonly path: string
  readonly split: Split | null
  readonly labels: Readonly<Record<string, string | null>>
}

/** A layout of a dataset folder. */
export interface DatasetFormat {
  /** Whether the folder has this layout. */
  detect(root: string): boolean
  /**
   * Annotations of the videos of the dataset. `paths` are the video files below `root`.
   * @throws StudioError `bad-request` that names the file and the line
   */
  read(root: string, paths: readonly string[]): Annotation[]
}
