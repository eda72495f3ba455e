import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import { defaultFrameRate } from '#contract/domain/frame-rate.ts'
import type { ImportCheck, VideoTraits } from '#contract/domain/integrity.ts'
import { framesOfVideo } from '#node/frame-pictures.ts'
import { readVideoDigest } from '#node/video-digest.ts'
import { readVideoStats } from '#node/video-stats.ts'
import type { FrameRoom } from '../cache/frame-room.ts'
import type { Decoder, FrameView } from './decoder.ts'
import { Fingerprint } from './fingerprint.ts'
import { type FileInspection, findPath, inspectFile, type InspectionSettings, openingReason } from './inspect-file.ts'
import { ShortVideo } from './short-video.ts'
import { broken, UnreadableVideo } from './unreadable-video.ts'

export interface VideoInspectionSettings {
  /** Called again and again while frames are decoded. */
  readonly onProgress?: () => void
  /** Room in the frame cache, into which the frames of a short and small video are written at the size at which they are shown. */
  readonly frames?: FrameRoom | undefined
  /** Frames per second of a folder of numbered pictures. */
  readonly frameRate?: number | undefined
  /** `index` reads headers; by default every frame is decoded. */
  readonly check?: ImportCheck | undefined
}

/** Decodes all of a video once, or reads its header: a file, or a folder of numbered pictures. */
export async function inspectVideo(
  decoder: Decoder,
  path: string,
  { onProgress = () => {}, frames: room, frameRate = defaultFrameRate, check = 'full' }: VideoInspectionSettings = {},
): Promise<FileInspection> {
  const frames = room === undefined || check === 'index' ? undefined : new ShortVideo()
  const fingerprint = new Fingerprint()
  const settings = { onProgress, views: [fingerprint, ...(frames === undefined ? [] : [frames])], check }
  const facts = findPath(path)
  const found =
    typeof facts === 'object' && facts.isDirectory()
      ? await inspectFolder(decoder, path, frameRate, settings)
      : await inspectFile(decoder, path, { ...settings, facts })
  if (found.state === 'broken') return found
  if (room !== undefined)
    await frames?.cache(room, { digest: found.facts.digest, decoder: decoder.description, inspection: found.facts })
  return check === 'index'
    ? found
    : { ...found, traits: { ...found.traits, ...(await look(decoder, path, found, fingerprint, onProgress)) } }
}

/** The fingerprint of a video. Frames that its inspection did not show are decoded again. */
async function look(
  decoder: Decoder,
  path: string,
  { facts }: { facts: Pick<VideoFacts, 'frameCount'> },
  fingerprint: Fingerprint,
  onProgress: () => void,
): Promise<Pick<VideoTraits, 'fingerprint'>> {
  const missing = fingerprint.missing(facts.frameCount)
  try {
    if (missing.length > 0) await decoder.decode(path, fingerprint.size, missing, fingerprint.visit, onProgress)
  } catch (cause) {
    // Its frames could be counted and not scaled: it is compared with no other.
    if (!(cause instanceof UnreadableVideo)) throw cause
  }
  const text = fingerprint.text()
  return text === undefined ? {} : { fingerprint: text }
}

async function inspectFolder(
  decoder: Decoder,
  folder: string,
  framesPerSecond: number,
  { onProgress, views, check }: InspectionSettings & { readonly onProgress: () => void },
): Promise<FileInspection> {
  const entries = await readdir(folder).catch(openingReason)
  if (typeof entries === 'string') return broken(entries)
  const { names, problem } = framesOfVideo(entries)
  if (problem !== undefined) return broken(problem)
  let first: ({ readonly name: string } & Pick<VideoFacts, 'width' | 'height' | 'codec'>) | undefined
  let traits: VideoTraits = { pixelFormat: 'unknown', isRotated: false }
  for (const [index, name] of (check === 'index' ? names.slice(0, 1) : names).entries()) {
    const found = await inspectFile(decoder, join(folder, name), {
      onProgress,
      views: views?.map((view) => frameOf(view, index, names.length)),
    })
    onProgress()
    if (found.state === 'broken') return { ...found, reason: `${name}: ${found.reason}` }
    const { width, height, codec } = found.facts
    if (first === undefined) traits = found.traits
    first ??= { name, width, height, codec }
    if (width !== first.width || height !== first.height)
      return broken(
        `The frames of a video have one size, but ${first.name} has ${first.width} × ${first.height} pixels and ${name} has ${width} × ${height}.`,
      )
  }
  const { width, height, codec } = first ?? { width: 0, height: 0, codec: '' }
  const { sizeBytes, modifiedAtMs } = await readVideoStats(folder)
  return {
    state: 'readable',
    traits,
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

/** The view of a picture that is one frame of a video. */
const frameOf = ({ wants, visit, ...view }: FrameView, index: number, frameCount: number): FrameView => ({
  ...view,
  wants: () => wants(index, frameCount),
  visit: (pixels) => visit(pixels, index),
})
