import { closeSync, fstatSync, openSync, type Stats, statSync } from 'node:fs'
import { systemCode, systemLimit, systemProblem } from '#contract/api/errors.ts'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import type { ImportCheck, VideoTraits } from '#contract/domain/integrity.ts'
import { formatBytes } from '#contract/format.ts'
import { isPictureFile } from '#node/picture-file.ts'
import { specialProblem } from '#node/regular-file.ts'
import { findMember } from '#node/tar-members.ts'
import { digestOfBytes } from '#node/video-digest.ts'
import { type Container, readContainer, readPlainHeader } from '../container/container.ts'
import { openSource, type Source } from '../container/source.ts'
import { type Decoder, type FrameView, type Inspection, inspectionOf } from './decoder.ts'
import { broken, type BrokenFile, reasons, UnreadableVideo } from './unreadable-video.ts'

/** The facts of a video file, or why it cannot be used. */
export type FileInspection =
  | { readonly state: 'readable'; readonly facts: VideoFacts; readonly traits: VideoTraits }
  | BrokenFile

export interface InspectionSettings {
  /** Called again and again while frames are decoded. */
  readonly onProgress?: () => void
  /** Receive frames of a file that is decoded; see `Decoder`. */
  readonly views?: readonly FrameView[] | undefined
  /** `index` reads the header, unless the structure of the file says that it is cut off. */
  readonly check?: ImportCheck | undefined
  /** What is known of the path. */
  readonly facts?: ReturnType<typeof findPath>
}

/** What is at a path; undefined if nothing is, which may be in a tar file; or why that cannot be found out. */
export function findPath(path: string): Stats | undefined | string {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    return openingReason(cause)
  }
}

/** Decodes a whole file once, or reads its header. */
export async function inspectFile(
  decoder: Decoder,
  file: string,
  { onProgress, views, check, facts = findPath(file) }: InspectionSettings = {},
): Promise<FileInspection> {
  if (typeof facts === 'string') return broken(facts)
  const special = facts === undefined ? undefined : specialProblem(facts)
  if (special !== undefined) return broken(`This ${special}, not a file.`)
  using opened = openBytes(file, facts)
  if ('problem' in opened) return broken(opened.problem)
  const { source, modifiedAtMs } = opened
  const { size } = source
  if (size === 0) return broken(reasons.empty)
  let container: Container | undefined
  try {
    container = readContainer(source)
    const readsHeader = check === 'index' && (container === undefined || cutOf(container, size) === undefined)
    const inspection = readsHeader
      ? (plainInspection(file, container, source) ?? (await decoder.probe(file)))
      : await decoder.inspect(file, onProgress, views)
    const damage = readsHeader
      ? inspection.frameCount === 0
        ? broken(reasons.noFrame)
        : undefined
      : damageOf(inspection, container, size)
    if (damage !== undefined) return damage
    const { frameCount, width, height, framesPerSecond, durationMs, codec, pixelFormat, isRotated } = inspection
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
        digest: digestOfBytes(source),
        modifiedAtMs,
      },
      traits: { pixelFormat, isRotated },
    }
  } catch (cause) {
    return cause instanceof UnreadableVideo ? openingFailure(cause, container, size) : broken(openingReason(cause))
  }
}

/** What the header of a plain video says without a decoder: opening thousands of files takes FFmpeg minutes. */
function plainInspection(file: string, container: Container | undefined, source: Source): Inspection | undefined {
  const header = container === undefined || isPictureFile(file) ? undefined : readPlainHeader(container, source)
  return header === undefined
    ? undefined
    : inspectionOf({
        ...header,
        storedSize: header,
        isSideways: false,
        isRotated: false,
        announcedFrames: header.frameCount,
        packetCount: 0,
        failedPackets: 0,
        readBytes: 0,
        times: (header.times ?? []).map((time) => ({ ...time, decodedAt: time.shownAt })),
        formatNames: '',
      })
}

/** Opens a file, or the tar file that has it; or says why that is impossible. */
function openBytes(
  file: string,
  facts: Stats | undefined,
): Disposable & ({ source: Source; modifiedAtMs: number } | { problem: string }) {
  try {
    const member = findMember(file)
    const handle = openSync(member?.file ?? file, 'r')
    const { size, mtimeMs } = member?.facts ?? facts ?? fstatSync(handle)
    return {
      source: openSource(handle, member?.length ?? size, member?.position),
      modifiedAtMs: mtimeMs,
      [Symbol.dispose]: () => closeSync(handle),
    }
  } catch (cause) {
    return { problem: openingReason(cause), [Symbol.dispose]: () => {} }
  }
}

/** Why a file that a decoder cannot open is broken. */
function openingFailure({ file, reason }: UnreadableVideo, container: Container | undefined, size: number): BrokenFile {
  if ((reason !== reasons.notVideo && reason !== reasons.notPicture) || container === undefined) return broken(reason)
  if (container.isPicture !== isPictureFile(file))
    return broken(`The content of the file is ${container.name}, which its ending does not say. Rename it.`)
  return (
    cutOf(container, size) ??
    broken(`The file starts as ${container.name}, but its index cannot be read: it is cut off or damaged.`, 'cut-off')
  )
}

/** Share of packets that may fail to decode, so that a recording with a short dropout stays usable. */
const tolerableFailures = 0.02
/** Bytes by which writers miscount the sizes of their containers: a header or padding. */
const miscountBytes = 16
/** A file is damaged if its last part, of at least this share and size, holds nothing that can be read. */
const unreadShare = 0.1
const unreadBytes = 65_536

/**
 * Why a decoded file is too damaged to be used; undefined if it is not. The same rule for every container and decoder: what
 * counts is which bytes of media data the structure of the file promises, never the duration in its header, which may be its
 * length or its end, or wrong.
 */
export function damageOf(
  { frameCount, packetCount, failedPackets, announcedFrames, readBytes }: Inspection,
  container: Container | undefined,
  sizeBytes: number,
): BrokenFile | undefined {
  const hasAllFrames = container?.statesNoFrames !== true && announcedFrames > 0 && frameCount >= announcedFrames
  const cut = container === undefined || hasAllFrames ? undefined : cutOf(container, sizeBytes)
  if (cut !== undefined) return cut
  if (frameCount === 0) return broken(reasons.noFrame)
  if (failedPackets > packetCount * tolerableFailures)
    return broken(`The file is damaged: ${failedPackets} of its ${packetCount} video packets could not be decoded.`)
  const unread = Math.min(container?.extent?.end ?? 0, sizeBytes) - readBytes
  if (container?.isIndexed === false && readBytes > 0 && unread > Math.max(unreadBytes, unreadShare * sizeBytes))
    return broken(
      `The file is damaged: nothing can be read after the first ${formatBytes(readBytes)} of ${formatBytes(sizeBytes)}.`,
      'cut-off',
    )
  return undefined
}

/** Why a file is shorter than its structure promises; undefined if it is not. */
function cutOf({ extent }: Container, sizeBytes: number): BrokenFile | undefined {
  if (extent === undefined || extent.end <= sizeBytes) return undefined
  if (extent.unit !== 'all')
    return broken(
      `The file is cut off: it ends in the middle of a ${extent.unit}. If nothing important is missing, rewrite it: ffmpeg -i OLD -c copy NEW.`,
      'cut-off',
    )
  return extent.end - sizeBytes <= miscountBytes
    ? undefined
    : broken(`The file is cut off: it has ${formatBytes(sizeBytes)} of ${formatBytes(extent.end)}.`, 'cut-off')
}

/**
 * Why a file or folder that cannot be opened or read is broken.
 * @throws `cause` if it is no fault of the file
 */
export function openingReason(cause: unknown): string {
  const code = systemCode(cause)
  if (code === undefined || systemLimit(cause) !== undefined) throw cause
  if (code === 'ENOENT') return reasons.missing
  const problem = systemProblem(cause)?.problem
  if (problem !== undefined) return `The file cannot be read: ${problem}.`
  return `The file cannot be opened (${code}).`
}
