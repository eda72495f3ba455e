import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultFrameRate } from '#contract/domain/frame-rate.ts'
import { framesOfVideo } from '#node/frame-pictures.ts'
import { readVideoDigest } from '#node/video-digest.ts'
import { readVideoStats } from '#node/video-stats.ts'
import type { FrameRoom } from '../cache/frame-room.ts'
import type { Decoder } from './decoder.ts'
import { isFrameFolder } from './frame-folders.ts'
import { type FileInspection, inspectFile, openingReason } from './inspect-file.ts'
import { ShortVideo } from './short-video.ts'

export interface VideoInspectionSettings {
  /** Called again and again while frames are decoded. */
  readonly onProgress?: () => void
  /** Room in the frame cache, into which the frames of a short and small video are written at the size at which they are shown. */
  readonly frames?: FrameRoom | undefined
  /** Frames per second of a folder of numbered pictures. */
  readonly frameRate?: number | undefined
}

/** Decodes all of a video once: a file, or a folder of numbered pictures. */
export async function inspectVideo(
  decoder: Decoder,
  path: string,
  { onProgress = () => {}, frames: room, frameRate = defaultFrameRate }: VideoInspectionSettings = {},
): Promise<FileInspection> {
  const frames = room === undefined ? undefined : new ShortVideo()
  const settings = { onProgress, visit: frames?.add }
  const found = isFrameFolder(path)
    ? await inspectFolder(decoder, path, frameRate, settings)
    : await inspectFile(decoder, path, settings)
  if (found.state === 'readable' && room !== undefined)
    await frames?.cache(room, { digest: found.facts.digest, decoder: decoder.description, inspection: found.facts })
  return found
}

async function inspectFolder(
  decoder: Decoder,
  folder: string,
  framesPerSecond: number,
  settings: Parameters<typeof inspectFile>[2],
): Promise<FileInspection> {
  const entries = await readdir(folder).catch(openingReason)
  if (typeof entries === 'string') return { state: 'broken', reason: entries }
  const { names, problem } = framesOfVideo(entries)
  if (problem !== undefined) return { state: 'broken', reason: problem }
  let first:
    | { readonly name: string; readonly width: number; readonly height: number; readonly codec: string }
    | undefined
  for (const name of names) {
    const found = await inspectFile(decoder, join(folder, name), settings)
    settings?.onProgress?.()
    if (found.state === 'broken') return { state: 'broken', reason: `${name}: ${found.reason}` }
    const { width, height, codec } = found.facts
    first ??= { name, width, height, codec }
    if (width !== first.width || height !== first.height)
      return {
        state: 'broken',
        reason: `The frames of a video have one size, but ${first.name} has ${first.width} × ${first.height} pixels and ${name} has ${width} × ${height}.`,
      }
  }
  const { width, height, codec } = first ?? { width: 0, height: 0, codec: '' }
  const { sizeBytes, modifiedAtMs } = await readVideoStats(folder)
  return {
    state: 'readable',
    facts: {
      frameCount: names.length,
      width,
      height,
      framesPerSecond,
      durationMs: Math.round((names.length / framesPerSecond) * 1000),
      codec,
      sizeBytes,
      digest: await readVideoDigest(folder),
      modifiedAtMs,
    },
  }
}
