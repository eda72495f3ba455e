import type { Video } from '#contract/domain/dataset.ts'
import { datasetChanged, findChangedVideos } from '#node/changed-videos.ts'

/** Videos count as unchanged for this many times the time that comparing them took: a sweep launches many pipelines at once. */
const comparedFor = 5

/** Datasets whose videos were compared with their files a moment ago. */
export class UnchangedVideos {
  /** Until when the videos of a dataset count as unchanged. */
  readonly #until = new Map<string, number>()

  /**
   * Compares size and time of every video with the dataset, and in doubt its content.
   * @param folder of the dataset in the workspace
   * @throws StudioError `dataset-changed` that names the first videos that are missing or changed, and their number; `video-unreadable` if
   *   the disk with the videos does not answer
   */
  async require(
    { name, root, folder }: { readonly name: string; readonly root: string; readonly folder: string },
    videos: Iterable<Video>,
    signal: AbortSignal,
  ): Promise<void> {
    const from = performance.now()
    if (from < (this.#until.get(name) ?? 0)) return
    const changes = await findChangedVideos({ root, videos }, folder, { signal })
    if (changes.length > 0) throw datasetChanged(name, changes)
    const now = performance.now()
    this.#until.set(name, now + comparedFor * (now - from))
  }

  forget(name: string): void {
    this.#until.delete(name)
  }
}
