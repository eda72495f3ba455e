import { basename } from 'node:path/posix'
import { canonicalName } from '#contract/canonical-name.ts'
import type { LeftOutReason } from '#contract/domain/import-report.ts'
import type { ScannedFolder } from '../scan.ts'

/** A file of the folder that a list means, or why there is none. */
export type FoundFile = { readonly path: string } | { readonly reason: string }

const reasons: Readonly<Record<LeftOutReason, string>> = {
  link: 'The file is behind a link, and links were not followed.',
  'dead-link': 'The file is a link whose target does not exist.',
  'link-loop': 'The file is behind a link to a folder that contains the link.',
  'same-file': 'The file is behind a link to a folder that is already in the dataset.',
  hidden: 'The file is hidden: a name in its path begins with a dot.',
  'system-folder': 'The file is in a system folder.',
  ending: 'Its ending is not one of a video format.',
  'not-video': 'Its content is not a video.',
  'still-picture': 'The file is a single picture, not a video.',
  'name-encoding': 'The name of the file on the disk is not UTF-8. Rename the file.',
  special: 'It is a pipe, a socket or a device.',
  'not-listed': 'The file is not listed.',
  'in-tar': 'The file in the tar file is not a video.',
}

/**
 * Finds files by paths as a person writes them in a list: with either slash, with blanks around, and with letters composed or decomposed.
 */
export class ListedPaths {
  readonly #byPath: ReadonlySet<string>
  readonly #bySight = new Map<string, string[]>()
  readonly #byLowerCase = new Map<string, string>()
  readonly #byName = new Map<string, string>()
  readonly #leftOut = new Map<string, LeftOutReason>()
  readonly #otherPaths: ReadonlyMap<string, string>

  constructor({ videos, leftOut, otherPaths }: ScannedFolder) {
    const paths = [...videos, ...otherPaths.keys()]
    this.#byPath = new Set(paths)
    this.#otherPaths = otherPaths
    for (const path of paths) {
      const seen = asSeen(path)
      this.#bySight.set(seen, [...(this.#bySight.get(seen) ?? []), path])
      const lowerCase = seen.toLowerCase()
      this.#byLowerCase.set(lowerCase, path)
      for (const name of [basename(lowerCase), stemOf(basename(lowerCase)), stemOf(lowerCase)])
        if (!this.#byName.has(name)) this.#byName.set(name, path)
    }
    for (const { path, reason } of leftOut) {
      const entry = path.replace(/\/$/, '')
      this.#leftOut.set(asSeen(reason === 'name-encoding' ? fromEscapes(entry) : entry), reason)
    }
  }

  find(listed: string): FoundFile {
    if (this.#byPath.has(listed)) return { path: listed }
    const seen = asSeen(listed)
    const [path, another] = this.#bySight.get(seen) ?? []
    if (path !== undefined && another === undefined) return { path }
    if (path !== undefined) return { reason: 'The folder has two files whose names look like this one. Rename one.' }
    const reason = this.#reasonOf(seen)
    if (reason !== undefined) return { reason: reasons[reason] }
    const near = this.#byLowerCase.get(seen.toLowerCase()) ?? this.#byName.get(basename(seen).toLowerCase())
    return { reason: `The file is not in the folder.${near === undefined ? '' : ` There is ${near}.`}` }
  }

  /** The path under which a file is taken if no list names it; `path` itself for most files. */
  fileOf(path: string): string {
    return this.#otherPaths.get(path) ?? path
  }

  /** The reason of the path or of a folder above it. */
  #reasonOf(path: string): LeftOutReason | undefined {
    for (let part = path; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('/')))) {
      const reason = this.#leftOut.get(part)
      if (reason !== undefined) return reason
    }
    return undefined
  }
}

/** A path as a person sees it, from either operating system and without a leading `./`. */
const asSeen = (path: string): string =>
  path
    .replaceAll('\\', '/')
    .replace(/\/+$/, '')
    .split('/')
    .map(canonicalName)
    .filter((segment, index) => segment !== '.' || index > 0)
    .join('/')

const stemOf = (path: string): string => path.replace(/\.[^./]*$/, '')

/** A name with escaped bytes as Windows-1252, in which most lists of such files are written. */
function fromEscapes(path: string): string {
  const bytes = Buffer.from(
    path.replaceAll(/\\x([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  )
  return new TextDecoder('windows-1252').decode(bytes)
}
