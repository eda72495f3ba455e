import { existsSync } from 'node:fs'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import { applyOperations } from '../data/augment/apply.ts'
import { cropAndResize } from '../data/resize.ts'
import { openDecoder } from './decoder.ts'
import { readStored, writeStored } from './frame-store.ts'
import type { Decoder } from './inspection.ts'
import type { ClipJob, ClipPixels, JobMessage, ReplyMessage } from './messages.ts'
import { reasons, UnreadableVideo } from './unreadable.ts'

/** Entry of a worker process: decodes in a process of its own, because a broken file may crash a native decoder. */
let decoder: Promise<Decoder> | undefined
let last: Promise<void> = Promise.resolve()

process.on('message', (message: JobMessage) => {
  last = last.then(() => answer(message))
})
process.on('disconnect', () => process.exit(0))

async function answer({ id, job }: JobMessage): Promise<void> {
  let reply: ReplyMessage
  try {
    reply = { id, pixels: await cutClip(job) }
  } catch (cause) {
    reply = { id, error: (cause instanceof UnreadableVideo ? unreadable(cause) : toStudioError(cause)).report() }
  }
  process.send?.(reply)
}

async function cutClip(job: ClipJob): Promise<ClipPixels[]> {
  const { decoded, box, flip, resample, operations = [] } = job
  const wanted = [...new Set(job.frames)].toSorted((a, b) => a - b)
  const bytesPerFrame = decoded.width * decoded.height * 3
  const frames =
    readStored(job.store.path, bytesPerFrame, bytesPerFrame * job.frameCount, wanted) ??
    (await decodeFrames(job, wanted))
  const data = Buffer.concat(job.frames.map((index) => frames.get(index) ?? new Uint8Array()))
  const changed = applyOperations({ data, count: job.frames.length, ...decoded }, operations)
  return job.sizes.map((size) => cropAndResize(changed, box, size, flip, resample))
}

async function decodeFrames(job: ClipJob, wanted: readonly number[]): Promise<Map<number, Uint8Array>> {
  if (!existsSync(job.file)) throw new UnreadableVideo(job.file, reasons.missing)
  decoder ??= openDecoder()
  const frames = new Map<number, Uint8Array>()
  const isWanted = new Set(wanted)
  const writer = job.store.mayWrite ? writeStored(job.store.path) : undefined
  let count = 0
  try {
    await (
      await decoder
    ).decode(job.file, job.decoded, writer === undefined ? wanted : 'all', (pixels, index) => {
      count += 1
      writer?.write(pixels)
      if (isWanted.has(index)) frames.set(index, pixels)
    })
    if (frames.size < wanted.length || (writer !== undefined && count !== job.frameCount)) {
      throw new UnreadableVideo(job.file, `It had ${job.frameCount} frames when it was imported and has not now.`)
    }
    writer?.commit()
  } finally {
    writer?.discard()
  }
  return frames
}

function unreadable(cause: UnreadableVideo): StudioError {
  return new StudioError(
    'video-unreadable',
    cause.message,
    'Check the dataset: the file was readable when it was imported.',
  )
}
