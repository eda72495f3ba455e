import { toStudioError } from '#contract/api/errors.ts'
import { type ClipPixels, cutClip } from '../../data/clip.ts'
import { type CacheKey, readCachedFrames, writeCachedFrames } from '../cache/frame-cache.ts'
import type { Decoder } from '../decode/decoder.ts'
import { openDecoder } from '../decode/open-decoder.ts'
import { UnreadableVideo } from '../decode/unreadable-video.ts'
import { ImportedFiles } from './imported-files.ts'
import { type ClipMessage, greeting, type ReplyMessage } from './messages.ts'

/** Entry of a worker process. A process, not a thread, because a broken file may crash or block a native decoder. */
let decoder: Promise<Decoder> | undefined
let last: Promise<void> = Promise.resolve()
const imported = new ImportedFiles()

process.on('message', (message: ClipMessage) => {
  last = last.then(() => answer(message))
})
process.on('disconnect', () => process.exit(0))
// Exits instead of dying, so that decoders which are programs end as well.
process.on('SIGTERM', () => process.exit(0))

reply({ id: greeting, isAlive: true })

async function answer(message: ClipMessage): Promise<void> {
  const { id } = message
  try {
    reply({ id, ...(await readClip(message)) })
  } catch (cause) {
    reply({ id, error: (cause instanceof UnreadableVideo ? cause.toStudioError() : toStudioError(cause)).report() })
  }
}

function reply(message: ReplyMessage): void {
  process.send?.(message)
}

async function readClip(message: ClipMessage): Promise<{ pixels: ClipPixels[]; note?: string }> {
  const { plan, cache } = message
  const { decodedSize, frameIndices, frameCount, digest, file } = plan
  decoder ??= openDecoder()
  const opened = await decoder
  const wanted = [...new Set(frameIndices)].toSorted((a, b) => a - b)
  const key: CacheKey = { digest, decodedSize, frameCount, decoder: opened.description }
  const cached = readCachedFrames(cache.path, key, wanted)
  const decoded = 'frames' in cached ? undefined : await decodeFrames(opened, message, key, wanted)
  const frames = 'frames' in cached ? cached.frames : decoded?.frames
  const data = Buffer.concat(frameIndices.map((index) => frames?.get(index) ?? new Uint8Array()))
  const pixels = cutClip({ data, frameCount: frameIndices.length, ...decodedSize }, plan)
  const note =
    'damage' in cached && cached.damage !== undefined
      ? `${file}: ${cached.damage} The video was decoded again.`
      : decoded?.problem
  return { pixels, ...(note === undefined ? {} : { note }) }
}

const aliveEveryMs = 1000

/** Decodes the wanted frames, or all of them if they can be cached. The file must be the imported one, before and after. */
async function decodeFrames(
  opened: Decoder,
  { id, plan, cache }: ClipMessage,
  key: CacheKey,
  wanted: readonly number[],
): Promise<{ frames: Map<number, Uint8Array>; problem: string | undefined }> {
  const { file, decodedSize, frameCount, digest } = plan
  const confirm = imported.require(file, digest)
  const frames = new Map<number, Uint8Array>()
  const isWanted = new Set(wanted)
  const writer = cache.mayWrite ? writeCachedFrames(cache.path, key) : undefined
  let count = 0
  let saidAt = performance.now()
  const onProgress = () => {
    if (performance.now() - saidAt < aliveEveryMs) return
    saidAt = performance.now()
    reply({ id, isAlive: true })
  }
  try {
    await opened.decode(
      file,
      decodedSize,
      writer === undefined ? wanted : 'all',
      (pixels, index) => {
        count += 1
        writer?.write(pixels)
        if (isWanted.has(index)) frames.set(index, pixels)
      },
      onProgress,
    )
    confirm()
    if (frames.size < wanted.length || (writer !== undefined && count !== frameCount))
      throw new UnreadableVideo(
        file,
        `It had ${frameCount} frames when it was imported; now their number is different.`,
      )
    writer?.commit()
  } finally {
    writer?.discard()
  }
  return { frames, problem: writer?.problem }
}
