import { basename, extname } from 'node:path/posix'
import { canonicalName } from '#contract/canonical-name.ts'
import { formatList } from '#contract/format.ts'
import { isMediaFile } from '../endings.ts'
import type { ScannedFolder } from '../scan.ts'

const namedCandidates = 3

export interface FoundVideo {
  readonly path: string
  /** Number of folders, from the last one, in which the listed path agrees. */
  readonly agreement: number
}

/**
 * Finds videos by paths as published lists have them: from another machine's folder, without an ending, with another ending (lists
 * keep that of the original files), with either slash.
 */
export class ListedVideos {
  /** Paths by the stem of their names, in lower case. */
  readonly #byStem = new Map<string, string[]>()

  constructor({ videos }: Pick<ScannedFolder, 'videos'>) {
    for (const path of videos) {
      const stem = stemOf(path).toLowerCase()
      const known = this.#byStem.get(stem)
      if (known === undefined) this.#byStem.set(stem, [path])
      else known.push(path)
    }
  }

  /** The video that agrees with the most folders at the end of `listed`, and their number. */
  find(listed: string): FoundVideo | { readonly reason: string } {
    const wanted = segmentsOf(listed)
    const name = wanted.at(-1) ?? ''
    // A dot may be part of a name without an ending.
    const stems = isMediaFile(name) ? [name.slice(0, -extname(name).length)] : [name]
    const candidates = stems.flatMap((stem) => this.#byStem.get(stem.toLowerCase()) ?? [])
    if (candidates.length === 0) return { reason: 'The file is not in the folder.' }
    const folders = wanted.slice(0, -1)
    const scored = candidates.map((path) => {
      const agreement = commonEnd(folders, segmentsOf(path).slice(0, -1))
      return { path, agreement, score: 2 * agreement + (basename(path) === name ? 1 : 0) }
    })
    const most = Math.max(...scored.map(({ score }) => score))
    const [best, ...others] = scored.filter(({ score }) => score === most)
    if (best !== undefined && others.length === 0) return { path: best.path, agreement: best.agreement }
    const named = [best, ...others].slice(0, namedCandidates).map((candidate) => candidate?.path ?? '')
    return { reason: `Several files could be meant: ${formatList(named)}.` }
  }
}

/** Name of a file without the ending of a video. */
function stemOf(path: string): string {
  const name = canonicalName(basename(path))
  return isMediaFile(name) ? name.slice(0, -extname(name).length) : name
}

const segmentsOf = (path: string): string[] => path.replaceAll('\\', '/').split('/').map(canonicalName).filter(Boolean)

/** Number of folders in which two paths agree, from the last one. */
function commonEnd(a: readonly string[], b: readonly string[]): number {
  let common = 0
  while (common < Math.min(a.length, b.length) && a.at(-1 - common) === b.at(-1 - common)) common += 1
  return common
}

/** Name of the folder of a path; empty if there is none. */
export const folderNameOf = (path: string): string => segmentsOf(path).at(-2) ?? ''
