import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { ClipOperation } from '../data/augment/operation.ts'
import type { Resample } from '../data/resize.ts'
import { listStore, storeName } from './frame-store.ts'
import { decodedSize, type Box } from './geometry.ts'
import type { ClipJob, ClipPixels, JobMessage, ReplyMessage } from './messages.ts'

export interface PoolSettings {
  /** Decoding processes. Default: `decodeWorkers()`. */
  readonly workers?: number
  /** Folder for decoded frames; several pools and processes may share it. */
  readonly frameCache: string
  /** Most bytes of decoded frames to keep; beyond them files are decoded anew each time. Default 4 GiB. */
  readonly cacheBytes?: number
}

/** A clip of a video. Frames are numbered from 0; `box` is in pixels of the frame as decoded (`decodedSize`). */
export interface FrameRequest {
  readonly file: string
  /** Facts of the file from its probe. */
  readonly video: { readonly digest: string; readonly frames: number; readonly width: number; readonly height: number }
  /** Decoded with the short side at most this long, never enlarged. */
  readonly shortSide: number
  readonly frames: readonly number[]
  readonly box: Box
  readonly flip: boolean
  /** Done to whole frames before the box is cut out. */
  readonly operations?: readonly ClipOperation[]
  readonly sizes: readonly number[]
  readonly resample: Resample
}

export interface VideoPool {
  /**
   * Pixels [frames, size, size, 3] in 0..255 for each size: bytes, or floats with `resample: 'bilinear'`. Fails with
   * `video-unreadable` when the file is at fault, also when it crashes the decoder; the pool stays usable.
   */
  frames(request: FrameRequest): Promise<ClipPixels[]>
  /** Ends the processes; open requests fail. */
  dispose(): Promise<void>
}

interface Pending {
  readonly job: ClipJob
  readonly release: () => void
  readonly resolve: (pixels: ClipPixels[]) => void
  readonly reject: (error: StudioError) => void
}
interface Slot {
  child: ChildProcess | undefined
  current: (Pending & { readonly id: number }) | undefined
}

/** Half of the processors, between 1 and 8: the other half computes. */
export function decodeWorkers(): number {
  return Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2)))
}

/** Opens a pool of decoding processes. They start with the first request; a process that dies is replaced. */
export function createVideoPool({
  workers = decodeWorkers(),
  frameCache,
  cacheBytes = 4 * 1024 ** 3,
}: PoolSettings): VideoPool {
  const stored = listStore(frameCache)
  let storedBytes = [...stored.values()].reduce((sum, size) => sum + size, 0)
  const slots: Slot[] = Array.from({ length: Math.max(1, workers) }, () => ({ child: undefined, current: undefined }))
  const waiting: Pending[] = []
  let nextId = 0
  let isDisposed = false

  const settle = (slot: Slot, reply: ReplyMessage) => {
    const pending = slot.current
    if (pending === undefined || pending.id !== reply.id) return
    slot.current = undefined
    if ('pixels' in reply) pending.resolve(reply.pixels)
    else {
      pending.release()
      pending.reject(new StudioError(reply.error.code, reply.error.message, reply.error.hint))
    }
    advance()
  }

  const start = (slot: Slot): ChildProcess => {
    const child = fork(new URL('./worker.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.on('message', (reply: ReplyMessage) => settle(slot, reply))
    const lose = (how: string) => {
      if (slot.child !== child) return
      slot.child = undefined
      const pending = slot.current
      if (pending === undefined) return
      slot.current = undefined
      pending.release()
      pending.reject(isDisposed ? cancelled() : crashed(pending.job.file, how))
      advance()
    }
    child.on('exit', (code, signal) => lose(signal ?? `code ${code}`))
    child.on('error', (error) => lose(error.message))
    return child
  }

  const advance = () => {
    for (const slot of slots) {
      if (slot.current !== undefined || isDisposed) continue
      const pending = waiting.shift()
      if (pending === undefined) return
      slot.current = { ...pending, id: nextId++ }
      slot.child ??= start(slot)
      const message: JobMessage = { id: slot.current.id, job: pending.job }
      slot.child.send(message)
    }
  }

  /** Sets bytes of the budget aside for a file that is not stored yet. */
  const reserve = (name: string, bytes: number): { mayWrite: boolean; release: () => void } => {
    if (stored.has(name)) return { mayWrite: true, release: () => {} }
    if (storedBytes + bytes > cacheBytes) return { mayWrite: false, release: () => {} }
    stored.set(name, bytes)
    storedBytes += bytes
    const release = () => {
      if (stored.delete(name)) storedBytes -= bytes
    }
    return { mayWrite: true, release }
  }

  return {
    frames({ file, video, shortSide, ...clip }) {
      if (isDisposed) return Promise.reject(cancelled())
      const decoded = decodedSize(video, shortSide)
      const name = storeName(video.digest, decoded)
      const { mayWrite, release } = reserve(name, decoded.width * decoded.height * 3 * video.frames)
      const job: ClipJob = {
        ...clip,
        file,
        frameCount: video.frames,
        decoded,
        store: { path: join(frameCache, name), mayWrite },
      }
      return new Promise((resolve, reject) => {
        waiting.push({ job, release, resolve, reject })
        advance()
      })
    },
    async dispose() {
      isDisposed = true
      for (const pending of waiting.splice(0)) pending.reject(cancelled())
      await Promise.all(
        slots.map(async ({ child }) => {
          if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
          const ended = new Promise((resolve) => child.once('exit', resolve))
          child.kill('SIGKILL')
          await ended
        }),
      )
    },
  }
}

function crashed(file: string, how: string): StudioError {
  return new StudioError(
    'video-unreadable',
    `${file}: The decoder crashed on it (${how}).`,
    'Convert the file to another format, or take it out of the dataset.',
  )
}

function cancelled(): StudioError {
  return new StudioError(
    'cancelled',
    'The video pool was closed before the clip was read.',
    'Nothing needs to be done.',
  )
}
