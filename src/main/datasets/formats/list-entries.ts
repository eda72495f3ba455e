import { join } from 'node:path'
import type { Split } from '#contract/domain/split.ts'
import { type Fault, faulty } from './faults.ts'
import type { Annotation, MissingFile } from './format.ts'
import { type Line, linesOf, readText } from './list-files.ts'
import { folderNameOf, type ListedVideos } from './listed-videos.ts'

type Entry = Omit<MissingFile, 'path' | 'reason'> & { readonly listed: string }

/** What lists say about videos, before the videos are looked up in the folder. */
export class ListEntries {
  readonly #entries = new Map<string, Entry>()

  /**
   * Adds a video of a list, or a part of it.
   * @param id of the entry, if a part may be listed twice
   * @returns what contradicts an earlier line, as a sentence
   */
  add(
    listed: string,
    split: Split | null,
    labels: Annotation['labels'],
    part?: Annotation['part'],
    id?: string,
  ): string | undefined {
    const key = id ?? (part === undefined ? listed : `${listed}\0${part.startMs}\0${part.endMs}`)
    if (this.#entries.has(key))
      return id !== undefined
        ? `"${id}" is listed twice.`
        : part === undefined
          ? `"${listed}" is listed twice.`
          : `this part of "${listed}" is listed twice.`
    this.#entries.set(key, { listed, split, labels, ...(part === undefined ? {} : { part }) })
    return undefined
  }

  /**
   * Adds a video of an official split, of which a dataset has several.
   * @param split null if the video is in none of its lists
   * @returns what contradicts an earlier line, as a sentence
   */
  addToSplit(listed: string, label: string, number: string, split: Split | null): string | undefined {
    const set = `split-${number}`
    const earlier = this.#entries.get(listed)
    const known = earlier?.splits?.[set]
    if (known !== undefined && known !== split) return `"${listed}" is in two lists of split ${number}.`
    if (earlier !== undefined && earlier.labels['class'] !== label)
      return `"${listed}" is of class ${label} here and of ${earlier.labels['class']} in another list.`
    const splits = { ...earlier?.splits, ...(split === null ? {} : { [set]: split }) }
    this.#entries.set(listed, { listed, split: null, splits, labels: { class: label } })
    return undefined
  }

  /**
   * The videos of the folder that the entries mean; the others are missing. A video in the folder of another class than listed is another
   * video of the same name, and of several entries that could mean a video, the one that agrees best with its path has it.
   */
  lookUp(videos: ListedVideos): { annotations: Annotation[]; missing: MissingFile[] } {
    const entries = [...this.#entries.values()].map(({ listed, ...entry }) => ({
      listed,
      entry,
      found: videos.find(listed),
    }))
    const folders = new Set(entries.map(({ listed }) => folderNameOf(listed)))
    const claims = Map.groupBy(
      entries.filter(({ found }) => 'path' in found),
      ({ found }) => ('path' in found ? found.path : ''),
    )
    const annotations: Annotation[] = []
    const missing: MissingFile[] = []
    for (const { listed, entry, found } of entries) {
      const leave = (reason: string) => missing.push({ ...entry, path: listed, reason })
      if ('reason' in found) {
        leave(found.reason)
        continue
      }
      const { path, agreement } = found
      const better = (claims.get(path) ?? []).find(
        (claim) => claim.listed !== listed && 'agreement' in claim.found && claim.found.agreement >= agreement,
      )
      if (agreement === 0 && folderNameOf(listed) !== '' && folders.has(folderNameOf(path)))
        leave(`The file is not in the folder. There is ${path}.`)
      else if (better !== undefined) leave(`The file ${path} may be meant, but "${better.listed}" means it too.`)
      else annotations.push({ ...entry, path })
    }
    return { annotations, missing }
  }
}

/**
 * Reads the lines of a list.
 * @param read returns what is wrong with a line, as a sentence
 * @throws StudioError `bad-request` that names the file and every faulty line
 */
export function readLines(root: string, path: string, read: (text: string, line: Line) => string | undefined): void {
  const faults = linesOf(readText(root, path)).flatMap((line): Fault[] => {
    const problem = read(line.text, line)
    return problem === undefined ? [] : [{ line: line.line, problem }]
  })
  if (faults.length > 0) throw faulty(join(root, path), faults)
}
