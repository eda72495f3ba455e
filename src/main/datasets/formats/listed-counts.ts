import { namedFiles } from '#contract/domain/import-report.ts'
import { formatQuantity } from '#contract/format.ts'
import type { ScannedFolder } from '../scan.ts'
import { shortened } from './classes.ts'
import type { Annotation } from './format.ts'
import type { ListedVideos } from './listed-videos.ts'

/** Numbers of frames that lists state of their videos. */
export class ListedCounts {
  readonly #counts = new Map<string, number>()
  readonly #files = new Set<string>()

  add(file: string, { path, frameCount }: { readonly path: string; readonly frameCount?: number }): void {
    if (frameCount === undefined) return
    this.#counts.set(path, frameCount)
    this.#files.add(file)
  }

  /** Warns of folders of numbered pictures that have another number of pictures than listed. The frames of video files are not counted here. */
  compare({ frameCounts }: ScannedFolder, videos: ListedVideos, annotations: readonly Annotation[]): string[] {
    if (frameCounts === undefined) return []
    const taken = new Set(annotations.map(({ path }) => path))
    const others = [...this.#counts].flatMap(([listed, count]) => {
      const found = videos.find(listed)
      const pictures = 'path' in found && taken.has(found.path) ? frameCounts.get(found.path) : undefined
      return pictures === undefined || pictures === count || !('path' in found)
        ? []
        : [`${found.path} (${count} listed, ${formatQuantity(pictures, 'picture')})`]
    })
    return others.length === 0
      ? []
      : [
          `${namedFiles([...this.#files])} ${this.#files.size === 1 ? 'states' : 'state'} another number of frames than the folder has pictures for ${formatQuantity(others.length, 'video')}: ${shortened(others)}. All of the pictures were taken.`,
        ]
  }
}
