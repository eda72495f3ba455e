import { join } from 'node:path'
import { toStudioError } from '#contract/api/errors.ts'
import { framesName } from '#node/frame-folder.ts'
import { type ClipPixels, cutClip } from '../../data/clip.ts'
import { PixelMemory } from '../../data/pixel-memory.ts'
import { type CacheWriter, readCachedFrames, writeCachedFrames } from '../cache/frame-cache.ts'
import { type CacheKey, cachedBytes } from '../cache/frame-layout.ts'
import { areFramesCompressed, frameBudget, FrameRoom } from '../cache/frame-room.ts'
import type { Decoder } from '../decode/decoder.ts'
import { openDecoder } from '../decode/open-decoder.ts'
import { UnreadableVideo } from '../decode/unreadable-video.ts'
import { storePixels } from './clip-files.ts'
import { ImportedFiles } from './imported-files.ts'
import {
  type ClipMessage,
  type ClipWork,
  type FrameCacheUse,
  greeting,
  type SentClip,
  type SentReply,
} from './messages.ts'

/** Entry of a worker process. A process, not a thread, because a broken file may crash or block a native decoder. */
let decoder: Promise<Decoder> | undefined
let last: Promise<void> = Promise.resolve()
const imported = new ImportedFiles()
/** What it writes now. */
let writing: CacheWriter | undefined

process.on('message', (message: SentClip) => {
  last = last.then(() => answer(message))
})
process.on('disconnect', () => process.exit(0))
// Exits instead of dying, so that decoders which are programs end as well.
process.on('SIGTERM', () => process.exit(0))
process.on('exit', () => writing?.discard())

reply({ id: greeting, isAlive: true })

async function answer({ fileIndex, ...message }: SentClip): Promise<void> {
  const { id } = message
  try {
    const { pixels, ...read } = await readClip(message)
    const stored = fileIndex === undefined ? undefined : storePixels(fileIndex, pixels)
    if (stored !== undefined) results.release(...pixels)
    reply({ id, ...read, pixels: stored === undefined || fileIndex === undefined ? pixels : { stored, fileIndex } })
  } catch (cause) {
    reply({ id, error: (cause instanceof UnreadableVideo ? cause.toStudioError() : toStudioError(cause)).report() })
  }
}

function reply(message: SentReply): void {
  process.send?.(message)
}

/** Of the results of one clip, up to two sizes, of training and of validation: they are stored before those of the next one are computed. */
const results = new PixelMemory(4)

let memory = Buffer.alloc(0)

/** Memory of the frames of one clip, which are read and cut before those of the next one: new memory costs as much time as reading. */
function reusedMemory(bytes: number): Buffer {
  if (memory.length < bytes) memory = Buffer.allocUnsafeSlow(bytes)
  return memory.subarray(0, bytes)
}

let room: FrameRoom | undefined

/** The room of the folder of the pool, which is the same for all of its clips. */
const roomOf = ({ folder, maxBytes, usedSinceMs }: FrameCacheUse): FrameRoom =>
  (room ??= new FrameRoom({ folder, usedSinceMs, maxBytes: () => maxBytes ?? frameBudget(folder) }))

async function readClip(message: ClipMessage): Promise<{ pixels: ClipPixels[]; work: ClipWork; note?: string }> {
  const from = performance.now()
  const { plan, cache } = message
  const { decodedSize, frameIndices, frameCount, digest, file } = plan
  decoder ??= openDecoder()
  const opened = await decoder
  const key: CacheKey = { digest, decodedSize, frameCount, decoder: opened.description }
  const path = join(cache.folder, framesName(digest, decodedSize))
  const readFrom = performance.now()
  const cached = readCachedFrames(path, key, frameIndices, cache.usedSinceMs, reusedMemory)
  const readMs = performance.now() - readFrom
  const decoded = 'data' in cached ? undefined : await decodeFrames(opened, message, key, path)
  const data = 'data' in cached ? cached.data : stack(decoded?.frames, frameIndices)
  const pixels = cutClip({ data, frameCount: frameIndices.length, ...decodedSize }, plan, results)
  const note =
    'damage' in cached && cached.damage !== undefined
      ? `${file}: ${cached.damage} The video was decoded again.`
      : decoded?.problem
  const work = { isDecoded: decoded !== undefined, readMs, totalMs: performance.now() - from }
  return { pixels, work, ...(note === undefined ? {} : { note }) }
}

const stack = (frames: ReadonlyMap<number, Uint8Array> | undefined, indices: readonly number[]): Uint8Array =>
  Buffer.concat(indices.map((index) => frames?.get(index) ?? new Uint8Array()))

const aliveEveryMs = 1000

/** Decodes the wanted frames, or all of them if they can be cached. The file must be the imported one, before and after. */
async function decodeFrames(
  opened: Decoder,
  { id, plan, cache }: ClipMessage,
  key: CacheKey,
  path: string,
): Promise<{ frames: Map<number, Uint8Array>; problem: string | undefined }> {
  const { file, decodedSize, frameCount, frameIndices, digest } = plan
  const confirm = imported.require(file, digest)
  const wanted = [...new Set(frameIndices)].toSorted((a, b) => a - b)
  const frames = new Map<number, Uint8Array>()
  const isWanted = new Set(wanted)
  const { hasRoom, problem } = await roomOf(cache).reserve(cachedBytes(key))
  const writer = hasRoom ? writeCachedFrames(path, key, areFramesCompressed(cache.folder)) : undefined
  writing = writer
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
        if (isWanted.has(index)) frames.set(index, new Uint8Array(pixels))
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
  return { frames, problem: problem ?? writer?.problem }
}
