import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { framesOfVideo } from '#node/frame-pictures.ts'
import type { Decoder } from './decoder.ts'
import { UnreadableVideo } from './unreadable-video.ts'

/** Whether a video is a folder of numbered pictures. What is missing is not. */
export const isFrameFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * Lets a decoder decode folders of numbered pictures: each frame is what it decodes from its picture alone, and only the pictures of
 * the wanted frames are read. An error names the picture.
 */
export const withFrameFolders = (decoder: Decoder): Decoder => ({
  ...decoder,
  async decode(file, size, indices, visit, onProgress) {
    if (!isFrameFolder(file)) return decoder.decode(file, size, indices, visit, onProgress)
    const { names, problem } = framesOfVideo(readdirSync(file))
    if (problem !== undefined) throw new UnreadableVideo(file, problem)
    for (const index of indices === 'all' ? names.keys() : indices) {
      const name = names[index]
      if (name === undefined) return
      await decoder.decode(join(file, name), size, 'all', (pixels) => visit(pixels, index), onProgress)
      onProgress?.()
    }
  },
})
