import { systemCode, systemProblem } from '#contract/api/errors.ts'
import { digestOfVideo } from '#node/video-digest.ts'
import { statVideo } from '#node/video-stats.ts'
import { reasons, UnreadableVideo } from '../decode/unreadable-video.ts'

/** Makes sure that what is decoded is what was imported: the digest of a file is computed before it is first decoded, and again after it changed. */
export class ImportedFiles {
  readonly #known = new Map<string, { readonly stamp: string; readonly digest: string }>()

  /**
   * Checks a file before it is decoded. The returned function checks afterwards that nobody has changed it meanwhile.
   * @throws UnreadableVideo if its content is another one, or if it is missing or cannot be read
   */
  require(file: string, digest: string): () => void {
    const stamp = stampOf(file)
    const known = this.#known.get(file)
    const found = known?.stamp === stamp ? known.digest : read(file, () => digestOfVideo(file))
    if (found !== digest) throw new UnreadableVideo(file, reasons.changed)
    this.#known.set(file, { stamp, digest })
    return () => {
      if (stampOf(file) !== stamp) throw new UnreadableVideo(file, reasons.changed)
    }
  }
}

/** What differs after every change of a video. */
function stampOf(file: string): string {
  const { isVideo, stamp } = read(file, () => statVideo(file))
  if (!isVideo) throw new UnreadableVideo(file, reasons.changed)
  return stamp
}

function read<T>(file: string, access: () => T): T {
  try {
    return access()
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UnreadableVideo(file, reasons.missing, { cause })
    // Limits of the system are no fault of the file.
    if (code === undefined || code === 'EMFILE' || code === 'ENFILE') throw cause
    throw new UnreadableVideo(file, `It cannot be read: ${systemProblem(cause)?.problem ?? code}.`, { cause })
  }
}
