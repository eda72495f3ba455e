import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { systemCode } from '#contract/api/errors.ts'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import type { Decoder, Inspection } from './decoder.ts'
import { reasons, UnreadableVideo } from './unreadable-video.ts'

/** The facts of a video file, or why it cannot be used. */
export type FileInspection =
  | { readonly state: 'readable'; readonly facts: VideoFacts }
  | { readonly state: 'broken'; readonly reason: string }

/** Decodes a whole file once. */
export async function inspectFile(decoder: Decoder, file: string): Promise<FileInspection> {
  const opened = await open(file).catch(openingReason)
  if (typeof opened === 'string') return { state: 'broken', reason: opened }
  await using handle = opened
  const { size } = await handle.stat()
  if (size === 0) return { state: 'broken', reason: reasons.empty }
  try {
    const inspection = await decoder.inspect(file)
    const reason = damageOf(inspection)
    if (reason !== undefined) return { state: 'broken', reason }
    const { frameCount, width, height, framesPerSecond, durationMs, codec } = inspection
    return {
      state: 'readable',
      facts: {
        frameCount,
        width,
        height,
        framesPerSecond,
        durationMs: Math.round(durationMs),
        codec,
        sizeBytes: size,
        digest: await digestOf(handle, size),
      },
    }
  } catch (cause) {
    if (!(cause instanceof UnreadableVideo)) throw cause
    const format = cause.reason === reasons.notVideo ? formatFromHead(await readHead(handle)) : undefined
    return {
      state: 'broken',
      reason:
        format === undefined
          ? cause.reason
          : `The file starts as ${format}, but its index cannot be read: it is cut off or damaged.`,
    }
  }
}

/** Share of packets that may fail to decode, so that a recording with a short dropout stays usable. */
const tolerableFailures = 0.02
/** Share of the announced duration that must be in the file. */
const leastContent = 0.9

/** Why a decoded file is too damaged to be used; undefined if it is not. */
export function damageOf({
  frameCount,
  packetCount,
  failedPackets,
  contentSeconds,
  announcedSeconds,
}: Inspection): string | undefined {
  if (frameCount === 0) return reasons.noFrame
  const isCutOff = contentSeconds < announcedSeconds * leastContent
  // The cut itself damages at most one packet.
  if (failedPackets - (isCutOff ? 1 : 0) > packetCount * tolerableFailures)
    return `The file is damaged: ${failedPackets} of its ${packetCount} video packets could not be decoded.`
  if (isCutOff)
    return `The file is cut off: it contains ${contentSeconds.toFixed(1)} of ${announcedSeconds.toFixed(1)} seconds.`
  return undefined
}

/** Name of the format that the first bytes of a file announce. */
export function formatFromHead(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  if (text.slice(4, 8) === 'ftyp') return 'MP4'
  if (text.startsWith('\x1a\x45\xdf\xa3')) return 'Matroska or WebM'
  if (text.startsWith('RIFF')) return 'AVI'
  return undefined
}

/** SHA-256 over the size in bytes (as decimal text), the first and the last mebibyte: enough to notice a changed file. */
async function digestOf(handle: FileHandle, size: number): Promise<string> {
  const length = 1024 * 1024
  const hash = createHash('sha256').update(String(size))
  for (const position of [0, Math.max(0, size - length)]) {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(Math.min(length, size)), position })
    hash.update(buffer.subarray(0, bytesRead))
  }
  return hash.digest('hex')
}

async function readHead(handle: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(12), position: 0 })
  return buffer.subarray(0, bytesRead)
}

function openingReason(cause: unknown): string {
  const code = systemCode(cause)
  if (code === 'ENOENT') return reasons.missing
  if (code === 'EACCES' || code === 'EPERM') return 'The file cannot be read: permission denied.'
  return `The file cannot be opened (${code ?? String(cause)}).`
}
