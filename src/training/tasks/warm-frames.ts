import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Video } from '#contract/domain/dataset.ts'
import { readDataset } from '#node/dataset-files.ts'
import type { Task } from '#node/serve-task.ts'
import { type ClipPlan, decodedVideo } from '../data/clip.ts'
import { decodedShortSide } from '../data/geometry.ts'
import { areFramesCompressed, frameBudget } from '../video/cache/frame-room.ts'
import { createVideoPool } from '../video/worker/pool.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Problems that are named; the others are only counted. */
const namedProblems = 20

/** Decodes the videos of a dataset into the frame cache, as many as its budget holds, at the size for clips of `imageSize` pixels. */
export const warmFrames: Task<'warm-frames'> = async (input, report, signal) => {
  const { root, videos } = readDataset(input.manifest)
  const plans = videos.map((video) => ({ path: video.path, plan: firstFrame(root, video, input) }))
  const share = areFramesCompressed(input.frameCache) ? compressedShare : 1
  const fitting = countFitting(plans, frameBudget(input.frameCache) / share)
  const problems: string[] = []
  const note = (sentence: string) => {
    if (problems.length < namedProblems) problems.push(sentence)
  }
  const pool = createVideoPool({ frameCache: input.frameCache, onProblem: note })
  signal.addEventListener('abort', () => void pool.dispose())
  let done = 0
  let unreadable = 0
  const waiting = plans.slice(0, fitting).values()
  const work = async () => {
    for (const { path, plan } of waiting) {
      await throwIfCancelled(signal)
      try {
        await pool.read(plan)
      } catch (cause) {
        if (!(cause instanceof StudioError) || cause.code !== 'video-unreadable') throw cause
        unreadable += 1
        note(cause.message)
      }
      report({ done: ++done, total: fitting, path })
    }
  }
  try {
    // One video more than there are decoders, so that none of them waits for the next one.
    await Promise.all(Array.from({ length: videosAtOnce }, work))
    const { decoded } = pool.work()
    return { videos: videos.length, decoded, beyond: videos.length - fitting, unreadable, problems }
  } finally {
    await pool.dispose()
  }
}

/** A pool has at most eight decoders. */
const videosAtOnce = 9

/** A plan of a single pixel: to read it, the whole video is decoded into the cache, if it is not there. */
const firstFrame = (
  root: string,
  video: Video,
  { imageSize }: Pick<TaskInput<'warm-frames'>, 'imageSize'>,
): ClipPlan => ({
  ...decodedVideo(root, video, decodedShortSide(imageSize)),
  frameIndices: [0],
  crop: { x: 0, y: 0, width: 1, height: 1 },
  flip: false,
  sizes: [1],
  resample: 'antialiased',
})

/** How many of the first videos have room in `maxBytes` with all of their frames. */
function countFitting(videos: readonly { readonly plan: ClipPlan }[], maxBytes: number): number {
  let bytes = 0
  const first = videos.findIndex(({ plan: { frameCount, decodedSize } }) => {
    bytes += frameCount * (3 * decodedSize.width * decodedSize.height + frameSumBytes)
    return bytes + headerBytes > maxBytes
  })
  return first === -1 ? videos.length : first
}

/** Of the bytes of frames, that compressed ones take at most, as a rule: 0.4 to 0.5 were measured. */
const compressedShare = 0.5
/** The checksum of a frame, and the description of a file, about. */
const frameSumBytes = 4
const headerBytes = 512
