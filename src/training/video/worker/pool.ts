import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { ClipPixels, ClipPlan, ClipReader } from '../../data/clip.ts'
import { cacheName, listCache } from '../cache/frame-cache.ts'
import type { ClipMessage, ReplyMessage } from './messages.ts'

export interface PoolSettings {
  /** Decoding processes. Default: `decodeWorkers()`. */
  readonly workers?: number
  /** Folder for decoded frames; several pools and processes may share it. */
  readonly frameCache: string
  /** Most bytes of decoded frames to keep. Videos beyond it are decoded every time. Default 4 GiB. */
  readonly cacheBytes?: number
}

/** Reads clips in worker processes. It stays usable after a file that cannot be read, even if it crashed the decoder. */
export interface VideoPool extends ClipReader {
  /** Stops the processes. Clips that are still being read fail as `cancelled`. */
  dispose(): Promise<void>
}

interface PendingClip {
  readonly message: ClipMessage
  readonly releaseCache: () => void
  readonly resolve: (pixels: ClipPixels[]) => void
  readonly reject: (error: StudioError) => void
}
interface Worker {
  child: ChildProcess | undefined
  current: PendingClip | undefined
}

/** Half of the processors, between 1 and 8: the other half computes. */
function decodeWorkers(): number {
  return Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2)))
}

/** Opens a pool of worker processes. They start with the first clip; a process that dies is replaced. */
export function createVideoPool({
  workers: count = decodeWorkers(),
  frameCache,
  cacheBytes = 4 * 1024 ** 3,
}: PoolSettings): VideoPool {
  const cached = listCache(frameCache)
  let cachedBytes = [...cached.values()].reduce((sum, size) => sum + size, 0)
  const workers: Worker[] = Array.from({ length: Math.max(1, count) }, () => ({ child: undefined, current: undefined }))
  const waiting: PendingClip[] = []
  let nextId = 0
  let isDisposed = false

  const settle = (worker: Worker, reply: ReplyMessage) => {
    const pending = worker.current
    if (pending === undefined || pending.message.id !== reply.id) return
    worker.current = undefined
    if ('pixels' in reply) pending.resolve(reply.pixels)
    else {
      pending.releaseCache()
      pending.reject(new StudioError(reply.error.code, reply.error.message, reply.error.hint))
    }
    sendWaiting()
  }

  const start = (worker: Worker): ChildProcess => {
    const child = fork(new URL('./worker.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.on('message', (reply: ReplyMessage) => settle(worker, reply))
    const handleExit = (exit: string) => {
      if (worker.child !== child) return
      worker.child = undefined
      const pending = worker.current
      if (pending === undefined) return
      worker.current = undefined
      pending.releaseCache()
      pending.reject(isDisposed ? cancelled() : crashed(pending.message.plan.file, exit))
      sendWaiting()
    }
    child.on('exit', (code, signal) => handleExit(signal ?? `code ${code}`))
    child.on('error', (error) => handleExit(error.message))
    return child
  }

  const sendWaiting = () => {
    for (const worker of workers) {
      if (worker.current !== undefined || isDisposed) continue
      const pending = waiting.shift()
      if (pending === undefined) return
      worker.current = pending
      worker.child ??= start(worker)
      worker.child.send(pending.message)
    }
  }

  /** Reserves room in the cache for a video. */
  const reserve = (name: string, bytes: number): { mayWrite: boolean; releaseCache: () => void } => {
    if (cached.has(name)) return { mayWrite: true, releaseCache: () => {} }
    if (cachedBytes + bytes > cacheBytes) return { mayWrite: false, releaseCache: () => {} }
    cached.set(name, bytes)
    cachedBytes += bytes
    const releaseCache = () => {
      if (cached.delete(name)) cachedBytes -= bytes
    }
    return { mayWrite: true, releaseCache }
  }

  return {
    read(plan: ClipPlan) {
      if (isDisposed) return Promise.reject(cancelled())
      const { decodedSize, frameCount } = plan
      const name = cacheName(plan)
      const { mayWrite, releaseCache } = reserve(name, decodedSize.width * decodedSize.height * 3 * frameCount)
      const message: ClipMessage = { id: nextId++, plan, cache: { path: join(frameCache, name), mayWrite } }
      return new Promise((resolve, reject) => {
        waiting.push({ message, releaseCache, resolve, reject })
        sendWaiting()
      })
    },
    async dispose() {
      isDisposed = true
      for (const pending of waiting.splice(0)) pending.reject(cancelled())
      await Promise.all(
        workers.map(async ({ child }) => {
          if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
          const ended = new Promise((resolve) => child.once('exit', resolve))
          child.kill('SIGKILL')
          await ended
        }),
      )
    },
  }
}

function crashed(file: string, exit: string): StudioError {
  return new StudioError(
    'video-unreadable',
    `${file}: The decoder crashed on this file (${exit}).`,
    'Convert the file to another format, or remove it from the dataset.',
  )
}

function cancelled(): StudioError {
  return new StudioError(
    'cancelled',
    'The video pool was closed before the clip was read.',
    'You do not need to do anything.',
  )
}
