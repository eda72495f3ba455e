import { existsSync } from 'node:fs'
import { toStudioError } from '#contract/api/errors.ts'
import { type ClipPixels, cutClip } from '../../data/clip.ts'
import { readCachedFrames, writeCachedFrames } from '../cache/frame-cache.ts'
import type { Decoder } from '../decode/decoder.ts'
import { openDecoder } from '../decode/open-decoder.ts'
import { reasons, UnreadableVideo } from '../decode/unreadable-video.ts'
import type { ClipMessage, ReplyMessage } from './messages.ts'

/** Entry of a worker process. A process, not a thread, because a broken file may crash a native decoder. */
let decoder: Promise<Decoder> | undefined
let last: Promise<void> = Promise.resolve()

process.on('message', (message: ClipMessage) => {
  last = last.then(() => answer(message))
})
process.on('disconnect', () => process.exit(0))

async function answer(message: ClipMessage): Promise<void> {
  const { id } = message
  let reply: ReplyMessage
  try {
    reply = { id, pixels: await readClip(message) }
  } catch (cause) {
    reply = { id, error: (cause instanceof UnreadableVideo ? cause.toStudioError() : toStudioError(cause)).report() }
  }
  process.send?.(reply)
}

async function readClip(message: ClipMessage): Promise<ClipPixels[]> {
  const { plan, cache } = message
  const { decodedSize, frameIndices, frameCount } = plan
  const wanted = [...new Set(frameIndices)].toSorted((a, b) => a - b)
  const bytesPerFrame = decodedSize.width * decodedSize.height * 3
  const frames =
    readCachedFrames(cache.path, bytesPerFrame, bytesPerFrame * frameCount, wanted) ??
    (await decodeFrames(message, wanted))
  const data = Buffer.concat(frameIndices.map((index) => frames.get(index) ?? new Uint8Array()))
  return cutClip({ data, frameCount: frameIndices.length, ...decodedSize }, plan)
}

/** Decodes the wanted frames, or all of them if they can be cached. */
async function decodeFrames({ plan, cache }: ClipMessage, wanted: readonly number[]): Promise<Map<number, Uint8Array>> {
  const { file, decodedSize, frameCount } = plan
  if (!existsSync(file)) throw new UnreadableVideo(file, reasons.missing)
  decoder ??= openDecoder()
  const opened = await decoder
  const frames = new Map<number, Uint8Array>()
  const isWanted = new Set(wanted)
  const writer = cache.mayWrite ? writeCachedFrames(cache.path) : undefined
  let count = 0
  try {
    await opened.decode(file, decodedSize, writer === undefined ? wanted : 'all', (pixels, index) => {
      count += 1
      writer?.write(pixels)
      if (isWanted.has(index)) frames.set(index, pixels)
    })
    if (frames.size < wanted.length || (writer !== undefined && count !== frameCount))
      throw new UnreadableVideo(
        file,
        `It had ${frameCount} frames when it was imported; now their number is different.`,
      )
    writer?.commit()
  } finally {
    writer?.discard()
  }
  return frames
}
