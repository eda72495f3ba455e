import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import { digestOfVideo } from '#node/video-digest.ts'
import { statVideo } from '#node/video-stats.ts'
import { reasons, UnreadableVideo } from '../decode/unreadable-video.ts'

/** Makes sure that what is decoded is what was imported: the digest of a file is computed before it is first decoded, and again after it changed. */
export class ImportedFiles {
  readonly #known = new Map<string, { readonly stamp: string; readonly digest: string }>()

  /**
   * Checks a file before it is decoded. The returned function checks afterwards that nobody has changed it meanwhile.
   * @throws StudioError `dataset-changed` if its content is another one
   * @throws UnreadableVideo if it is missing or cannot be read
   */
  require(file: string, digest: string): () => void {
    const stamp = stampOf(file)
    const known = this.#known.get(file)
    const found = known?.stamp === stamp ? known.digest : read(file, () => digestOfVideo(file))
    if (found !== digest) throw changed(file)
    this.#known.set(file, { stamp, digest })
    return () => {
      if (stampOf(file) !== stamp) throw changed(file)
    }
  }
}

/** What differs after every change of a video. */
function stampOf(file: string): string {
  const { isVideo, stamp } = read(file, () => statVideo(file))
  if (!isVideo) throw changed(file)
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

function changed(file: string): StudioError {
  return new StudioError(
    'dataset-changed',
    `${file} is not the file that was imported: its content has changed.`,
    'Restore the file and resume the run, or read the folder again as a new version of the dataset and launch a new pipeline.',
  )
}
