import { join } from 'node:path'
import { framesName } from '#node/frame-folder.ts'
import { writeCachedFrames } from '../cache/frame-cache.ts'
import { cachedBytes } from '../cache/frame-layout.ts'
import { areFramesCompressed, type FrameRoom } from '../cache/frame-room.ts'
import type { FrameView, Inspection } from './decoder.ts'

/** Longer videos are cached by the run that decodes them, at the size that it needs. */
const shortVideoBytes = 4 * 1024 ** 2

/** The frames of a video that is small enough to be held in memory. */
export class ShortVideo implements FrameView {
  readonly #frames: Uint8Array[] = []
  #bytes = 0

  readonly wants = (): boolean => true

  readonly visit = (pixels: Uint8Array): void => {
    this.#bytes += pixels.length
    if (this.#bytes > shortVideoBytes) this.#frames.length = 0
    else this.#frames.push(new Uint8Array(pixels))
  }

  /** Writes the frames into the frame cache if all are there. If that fails, a run decodes the video and says why it cannot store the frames. */
  async cache(
    room: FrameRoom,
    {
      digest,
      decoder,
      inspection: { width, height, frameCount },
    }: { digest: string; decoder: string; inspection: Pick<Inspection, 'width' | 'height' | 'frameCount'> },
  ): Promise<void> {
    if (this.#frames.length !== frameCount) return
    const key = { digest, decoder, frameCount, decodedSize: { width, height } }
    if (!(await room.reserve(cachedBytes(key))).hasRoom) return
    const path = join(room.folder, framesName(digest, key.decodedSize))
    const writer = writeCachedFrames(path, key, areFramesCompressed(room.folder))
    this.#frames.forEach(writer.write)
    writer.commit()
  }
}
