import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { readContainer, readPlainHeader } from '#training/video/container/container.ts'
import type { PlainHeader, Source } from '#training/video/container/source.ts'
import type { Decoder, Inspection } from '#training/video/decode/decoder.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { UnreadableVideo } from '#training/video/decode/unreadable-video.ts'

const sourceOf = (bytes: Buffer): Source => ({
  size: bytes.length,
  read: (position, length) => bytes.subarray(position, position + length),
})

/** What is read of a file without a demuxer; undefined if it is not plain. */
export function headerOf(bytes: Buffer): PlainHeader | undefined {
  const container = readContainer(sourceOf(bytes))
  return container === undefined ? undefined : readPlainHeader(container, sourceOf(bytes))
}

type Facts = Pick<
  Inspection,
  'frameCount' | 'width' | 'height' | 'framesPerSecond' | 'durationMs' | 'codec' | 'pixelFormat' | 'isRotated'
>

const factsOf = (found: Facts): Facts => ({
  frameCount: found.frameCount,
  width: found.width,
  height: found.height,
  framesPerSecond: found.framesPerSecond,
  durationMs: Math.round(found.durationMs),
  codec: found.codec,
  pixelFormat: found.pixelFormat,
  isRotated: found.isRotated,
})

/** What a decoder finds by its demuxer; undefined if it cannot read the file. */
export async function probed(decoder: Decoder, file: string): Promise<Facts | undefined> {
  try {
    return factsOf(await decoder.probe(file))
  } catch (cause) {
    if (cause instanceof UnreadableVideo) return undefined
    throw cause
  }
}

/** What the index check finds; undefined if the file is broken. */
export async function indexed(decoder: Decoder, file: string): Promise<Facts | undefined> {
  const inspected = await inspectFile(decoder, file, { check: 'index' })
  return inspected.state === 'broken' ? undefined : factsOf({ ...inspected.facts, ...inspected.traits })
}

interface Changes {
  readonly file: string
  /** Of a plain file. */
  readonly original: Buffer
  /** Bytes that are changed, one at a time. */
  readonly from: number
  readonly to: number
  readonly rounds: number
}

/**
 * Changes single bytes of a plain file, by flipping a bit or writing a random byte.
 * @returns number of the files that are still plain, and what the index check says of them where the demuxer differs
 */
export async function compareChanged(decoder: Decoder, { file, original, from, to, rounds }: Changes) {
  const random = xorshift(1)
  const differences: unknown[] = []
  let plain = 0
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(original)
    const at = from + (random() % (to - from))
    bytes.writeUInt8(round % 2 === 0 ? bytes.readUInt8(at) ^ (1 << (random() % 8)) : random() % 256, at)
    if (headerOf(bytes) === undefined) continue
    plain += 1
    writeFileSync(file, bytes)
    const [expected, read] = [await probed(decoder, file), await indexed(decoder, file)]
    // Where no picture can be decoded, FFmpeg does not say how it would be stored.
    const known = expected?.pixelFormat === 'unknown' ? { ...read, pixelFormat: 'unknown' } : read
    if (!isDeepStrictEqual(known, expected)) differences.push({ at, read, expected })
  }
  return { plain, differences }
}

/** Numbers of 32 bits that are the same in each run (Marsaglia, Xorshift RNGs, 2003). */
export function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>>= 0)
  }
}
