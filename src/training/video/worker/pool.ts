import { StudioError, systemLimit, toStudioError } from '#contract/api/errors.ts'
import { isOutOfMemory } from '#contract/domain/memory.ts'
import { formatQuantity } from '#contract/format.ts'
import { threadsOfProcess } from '#node/thread-share.ts'
import type { ClipPixels, ClipPlan, ClipReader, FeedingWork } from '../../data/clip.ts'
import { PixelMemory } from '../../data/pixel-memory.ts'
import { openFrameCache } from '../cache/frame-cache.ts'
import type { ClipMessage, FrameCacheUse, ReplyMessage } from './messages.ts'
import { mostClipsAtATime, startWorker, type WorkerProcess } from './worker-process.ts'

export interface PoolSettings {
  /** Decoding processes. Default: `decodeWorkers()`. */
  readonly workers?: number
  /** Folder for decoded frames; several pools and processes may share it. */
  readonly frameCache: string
  /**
   * Most bytes of decoded frames to keep: the least recently used ones are deleted, but none that was used since the pool was opened. Videos
   * beyond it are decoded every time. Default: what the settings of the workspace say, in which the folder is.
   */
  readonly cacheBytes?: number
  /** How long a decoder may show no sign of life, besides the time that its frames take. Default one minute. */
  readonly silenceMs?: number
  /** Receives sentences about decoders that were ended and cached frames that could not be used. */
  readonly onProblem?: (sentence: string) => void
}

/** Reads clips in worker processes. It stays usable after a file that cannot be read, even if it crashed or blocked the decoder. */
export interface VideoPool extends ClipReader {
  /** Starts the processes before the first clip is read: each takes half a second. */
  start(): void
  /** The clip that has been read for the longest time; undefined if none is. */
  slowest(): { readonly file: string; readonly ms: number } | undefined
  /** What its processes have done so far. */
  work(): FeedingWork
  /** Process ids of the decoders that run. */
  pids(): number[]
  /** Stops the processes. Clips that are still being read fail as `cancelled`. */
  dispose(): Promise<void>
}

interface PendingClip {
  readonly message: ClipMessage
  readonly isRetry: boolean
  readonly resolve: (pixels: ClipPixels[]) => void
  readonly reject: (error: StudioError) => void
}
interface Worker {
  process: WorkerProcess | undefined
  /** The clips that it was sent, in the order in which it reads them. */
  clips: PendingClip[]
  /** How many it gets. */
  most: number
  /** When it got the first of them, or finished the one before. */
  since: number
  /** Time without a sign of life during which this process could have received one. */
  silentMs: number
}

/**
 * Clips that a process has at a time: it reads the second one while its answer about the first is on its way. Small clips of cached frames take so
 * little time that training may not send the next ones soon enough: then it has more.
 */
const clipsAtATime = 2
const smallClipBytes = 2 ** 20

/** Half of the threads, between 1 and 8: the other half computes. */
function decodeWorkers(): number {
  return Math.max(1, Math.min(8, Math.floor(threadsOfProcess() / 2)))
}

/** Slower than any decoder on any machine: decoders decode from the start, and not all of them report how far they are. */
const msPerFrame = 20
const slowFactor = 10

/** Opens a pool of worker processes. They start with the first clip, or when asked to; a process that dies or stays silent is replaced. */
export function createVideoPool({
  workers: count = decodeWorkers(),
  frameCache,
  cacheBytes,
  silenceMs = 60_000,
  onProblem = () => {},
}: PoolSettings): VideoPool {
  const cache = openCache(frameCache, cacheBytes, onProblem)
  const workers: Worker[] = Array.from({ length: Math.max(1, count) }, () => ({
    process: undefined,
    clips: [],
    most: clipsAtATime,
    since: 0,
    silentMs: 0,
  }))
  const waiting: PendingClip[] = []
  const memory = new PixelMemory(count * mostClipsAtATime)
  const work = { clips: 0, decoded: 0, readMs: 0, totalMs: 0 }
  const noted = new Set<string>()
  /** Files whose decoder stayed silent twice. They are not tried again, since each try takes minutes. */
  const silentFiles = new Map<string, StudioError>()
  /** Ends of replaced processes, which may take long. */
  const ending = new Set<Promise<void>>()
  let nextId = 0
  let isDisposed = false

  const note = (key: string, sentence: string) => {
    if (noted.has(key)) return
    noted.add(key)
    onProblem(sentence)
  }

  const receive = (worker: Worker, reply: ReplyMessage) => {
    const [pending] = worker.clips
    worker.silentMs = 0
    if (pending === undefined || pending.message.id !== reply.id || 'isAlive' in reply) return
    worker.clips.shift()
    worker.since = performance.now()
    if ('pixels' in reply) {
      const bytes = reply.pixels.reduce((sum, { byteLength }) => sum + byteLength, 0)
      worker.most = reply.work.isDecoded || bytes > smallClipBytes ? clipsAtATime : mostClipsAtATime
      if (reply.note !== undefined) note(reply.note, reply.note)
      work.clips += 1
      work.decoded += Number(reply.work.isDecoded)
      work.readMs += reply.work.readMs
      work.totalMs += reply.work.totalMs
      pending.resolve(reply.pixels)
    } else {
      pending.reject(new StudioError(reply.error.code, reply.error.message, reply.error.hint))
    }
    sendWaiting()
  }

  /** Leaves a process: the clips that it has not begun wait again. @returns the one that it was reading */
  const takeBack = (worker: Worker): PendingClip | undefined => {
    const [current, ...others] = worker.clips
    worker.process = undefined
    worker.clips = []
    waiting.unshift(...others)
    return current
  }

  const handleExit = (worker: Worker, process: WorkerProcess, exit: string | Error) => {
    if (worker.process !== process) return
    const pending = takeBack(worker)
    if (pending === undefined) return
    pending.reject(
      exit instanceof Error ? toStudioError(exit) : whyEnded(pending.message.plan.file, exit, process.lastLines),
    )
    sendWaiting()
  }

  const retire = (process: WorkerProcess) => {
    const end = process.end().finally(() => ending.delete(end))
    ending.add(end)
  }

  /** The decoder of a clip shows no sign of life: its process is replaced and the clip tried once more. */
  const giveUp = (worker: Worker, pending: PendingClip) => {
    const { file } = pending.message.plan
    if (worker.process !== undefined) retire(worker.process)
    takeBack(worker)
    const seconds = Math.round(limitOf(pending) / 1000)
    if (pending.isRetry) {
      const error = silent(file, seconds)
      silentFiles.set(file, error)
      pending.reject(error)
    } else {
      note(
        file,
        `${file}: The decoder has shown no sign of life for ${seconds} s. It was ended, and the video is tried once more.`,
      )
      waiting.unshift({ ...pending, isRetry: true })
    }
    sendWaiting()
  }

  const limitOf = ({ message: { plan } }: PendingClip): number => silenceMs + msPerFrame * plan.frameCount

  const tickMs = Math.max(10, Math.min(1000, silenceMs / 4))
  let lastTick = 0
  let timer: NodeJS.Timeout | undefined
  /** A step may block this process for minutes while replies wait unread, so only time in which it ran counts. */
  const tick = () => {
    const now = performance.now()
    const passed = Math.min(now - lastTick, 2 * tickMs)
    lastTick = now
    for (const worker of workers) {
      const [current] = worker.clips
      if (current === undefined) continue
      worker.silentMs += passed
      if (worker.silentMs <= limitOf(current)) continue
      // A process that starts or computes is slow, not blocked: on a busy machine it may take long.
      const isSlow = worker.process?.isStarted === false || worker.process?.isBusy() === true
      if (worker.silentMs > limitOf(current) * (isSlow ? slowFactor : 1)) giveUp(worker, current)
    }
    if (workers.every(({ clips }) => clips.length === 0)) {
      clearInterval(timer)
      timer = undefined
    }
  }

  const processOf = (worker: Worker): WorkerProcess =>
    (worker.process ??= startWorker(memory, {
      onMessage: (reply) => receive(worker, reply),
      onExit: (process, exit) => handleExit(worker, process, exit),
    }))

  const send = (worker: Worker, pending: PendingClip) => {
    if (worker.clips.push(pending) === 1) {
      worker.since = performance.now()
      worker.silentMs = 0
    }
    processOf(worker).send(pending.message)
    if (timer === undefined) {
      lastTick = performance.now()
      timer = setInterval(tick, tickMs)
      timer.unref()
    }
  }

  const sendWaiting = () => {
    if (isDisposed) return
    // Processes without a clip come first, so that none waits behind a slow one while another could read it.
    for (let count = 1; count <= mostClipsAtATime; count++)
      for (const worker of workers) {
        while (worker.clips.length < Math.min(count, worker.most)) {
          const pending = waiting.shift()
          if (pending === undefined) return
          const known = silentFiles.get(pending.message.plan.file)
          if (known === undefined) send(worker, pending)
          else pending.reject(known)
        }
      }
  }

  return {
    start: () => workers.forEach(processOf),
    read(plan: ClipPlan) {
      if (isDisposed) return Promise.reject(cancelled())
      const known = silentFiles.get(plan.file)
      if (known !== undefined) return Promise.reject(known)
      const message: ClipMessage = { id: nextId++, plan, cache }
      return new Promise((resolve, reject) => {
        waiting.push({ message, isRetry: false, resolve, reject })
        sendWaiting()
      })
    },
    release: (pixels) => memory.release(...pixels),
    slowest() {
      const [slowest] = workers.filter(({ clips }) => clips.length > 0).toSorted((a, b) => a.since - b.since)
      const current = slowest?.clips[0]
      return current === undefined || slowest === undefined
        ? undefined
        : { file: current.message.plan.file, ms: performance.now() - slowest.since }
    },
    work: () => ({ ...work }),
    pids: () => workers.flatMap(({ process }) => process?.pid ?? []),
    async dispose() {
      isDisposed = true
      clearInterval(timer)
      for (const pending of waiting.splice(0)) pending.reject(cancelled())
      for (const worker of workers) {
        const { process, clips } = worker
        worker.process = undefined
        worker.clips = []
        for (const clip of clips) clip.reject(cancelled())
        if (process !== undefined) retire(process)
      }
      await Promise.all(ending)
    },
  }
}

/** Opens the folder of decoded frames. Into one that cannot be used, nothing is written. */
function openCache(folder: string, maxBytes: number | undefined, onProblem: (sentence: string) => void): FrameCacheUse {
  const { outdated, problem } = openFrameCache(folder)
  if (problem !== undefined) onProblem(problem)
  if (outdated > 0)
    onProblem(
      `${formatQuantity(outdated, 'file')} of decoded frames of an earlier version had no checksums and ${outdated === 1 ? 'was' : 'were'} deleted. The videos are decoded again.`,
    )
  const most = problem === undefined ? maxBytes : 0
  return { folder, usedSinceMs: Date.now(), ...(most === undefined ? {} : { maxBytes: most }) }
}

/** The error of a worker process that ended: what the machine refused it is no fault of the video. */
function whyEnded(file: string, exit: string, lastLines: readonly string[]): StudioError {
  const memory = lastLines.find(isOutOfMemory)
  if (memory !== undefined)
    return new StudioError(
      'out-of-memory',
      `There was not enough memory to decode ${file} (${exit}): ${memory}`,
      'Close other programs, then resume the run.',
    )
  const limit = lastLines.map((line) => systemLimit(new Error(line))).find((found) => found !== undefined)
  if (limit !== undefined) return new StudioError('system-limit', `${limit.problem} (${exit})`, limit.hint)
  const lastLine = lastLines.at(-1)
  return new StudioError(
    'video-unreadable',
    `${file}: The decoder crashed on this file (${exit}${lastLine === undefined ? '' : `: ${lastLine}`}).`,
    'Convert the file to another format, or remove it from the dataset.',
  )
}

function silent(file: string, seconds: number): StudioError {
  return new StudioError(
    'video-unreadable',
    `${file}: The decoder showed no sign of life for ${seconds} s, twice.`,
    'Check the disk or network share with the videos. If reading it takes longer, raise general.decodeTimeout.',
  )
}

function cancelled(): StudioError {
  return new StudioError(
    'cancelled',
    'The video pool was closed before the clip was read.',
    'You do not need to do anything.',
  )
}
