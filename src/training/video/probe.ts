import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { systemCode } from '#contract/api/errors.ts'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import type { Decoder, Inspection } from './inspection.ts'
import { reasons, UnreadableVideo } from './unreadable.ts'

export type Verdict =
  | { readonly state: 'good'; readonly facts: VideoFacts }
  | { readonly state: 'broken'; readonly reason: string }

/** Decodes a whole file once and tells what it is, or in plain words why it cannot be used. The file is only read. */
export async function probe(decoder: Decoder, file: string): Promise<Verdict> {
  const opened = await open(file).catch(openingReason)
  if (typeof opened === 'string') return { state: 'broken', reason: opened }
  await using handle = opened
  const { size } = await handle.stat()
  if (size === 0) return { state: 'broken', reason: reasons.empty }
  try {
    const inspection = await decoder.inspect(file)
    const fault = faultOf(inspection)
    if (fault !== undefined) return { state: 'broken', reason: fault }
    const { frames, width, height, framesPerSecond, durationMs, codec } = inspection
    return {
      state: 'good',
      facts: {
        frames,
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
    const format = cause.reason === reasons.notVideo ? formatFromHead(await head(handle)) : undefined
    return {
      state: 'broken',
      reason:
        format === undefined
          ? cause.reason
          : `The file begins as ${format}, but its index cannot be read: it is cut off or damaged.`,
    }
  }
}

/** Most pieces of a usable file that the decoder may refuse; a recording with a hiccup stays usable. */
const tolerableShare = 0.02
/** Least share of the announced duration that must be there. */
const leastReach = 0.9

/** What is wrong with a decoded file, if anything. */
export function faultOf({
  frames,
  packets,
  refused,
  reachedSeconds,
  announcedSeconds,
}: Inspection): string | undefined {
  if (frames === 0) return reasons.noFrame
  const isCutOff = reachedSeconds < announcedSeconds * leastReach
  // The cut itself costs one piece at most; more than that is damage.
  if (refused - (isCutOff ? 1 : 0) > packets * tolerableShare)
    return `The file is damaged: ${refused} of ${packets} pieces of its video could not be decoded.`
  if (isCutOff)
    return `The file is cut off: it holds ${reachedSeconds.toFixed(1)} of ${announcedSeconds.toFixed(1)} seconds.`
  return undefined
}

/** Name of the format that a file pretends to have, from its first bytes. */
export function formatFromHead(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  if (text.slice(4, 8) === 'ftyp') return 'MP4'
  if (text.startsWith('\x1a\x45\xdf\xa3')) return 'Matroska or WebM'
  if (text.startsWith('RIFF')) return 'AVI'
  return undefined
}

/** SHA-256 over the size in bytes (as decimal text), the first and the last mebibyte: whole-file certainty is not worth reading every video twice. */
export async function digestOf(handle: FileHandle, size: number): Promise<string> {
  const part = 1024 * 1024
  const hash = createHash('sha256').update(String(size))
  for (const from of [0, Math.max(0, size - part)]) {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(Math.min(part, size)), position: from })
    hash.update(buffer.subarray(0, bytesRead))
  }
  return hash.digest('hex')
}

async function head(handle: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(12), position: 0 })
  return buffer.subarray(0, bytesRead)
}

function openingReason(cause: unknown): string {
  const code = systemCode(cause)
  if (code === 'ENOENT') return reasons.missing
  if (code === 'EACCES' || code === 'EPERM') return 'The file may not be read: its permissions forbid it.'
  return `The file cannot be opened (${code ?? String(cause)}).`
}
