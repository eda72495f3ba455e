import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { isComputing } from '#node/processes.ts'
import type { PixelMemory } from '../../data/pixel-memory.ts'
import { type ClipFiles, openClipFiles } from './clip-files.ts'
import type { ClipMessage, ReplyMessage, SentClip, SentReply } from './messages.ts'

interface WorkerEvents {
  readonly onMessage: (reply: ReplyMessage) => void
  /** @param exit how it ended, or the error if it could not be started */
  readonly onExit: (worker: WorkerProcess, exit: string | Error) => void
}

/** A process that reads clips, seen from the pool. */
export interface WorkerProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined
  send(message: ClipMessage): void
  /** What it printed last. It is not part of the log of the run, whose last lines explain how the run ended. */
  readonly lastLines: readonly string[]
  /** False until it has loaded its modules, which takes long on a busy machine. */
  readonly isStarted: boolean
  /** Whether it computes; see `isComputing`. */
  isBusy(): boolean
  /** Ends the process. Resolves when it has ended, or after two seconds: one that waits for a disk ends when the disk answers. */
  end(): Promise<void>
}

/** V8 prints why it ended before a stack trace. */
const keptLines = 40
const politeMs = 250
const patienceMs = 2000

/** Clips that a process may have at a time. */
export const mostClipsAtATime = 4

/**
 * Starts a worker process. A start that the system refuses is reported by `onExit`, too.
 * @param memory of the pixels in its replies
 */
export function startWorker(memory: PixelMemory, { onMessage, onExit }: WorkerEvents): WorkerProcess {
  let child: ChildProcess
  let isStarted = false
  const lastLines: string[] = []
  // One for each clip that the process has, so that none is written before it was read.
  const files = openClipFiles(mostClipsAtATime)
  /** Positions of the files in use, by the id of their clip. */
  const inUse = new Map<number, number>()
  try {
    child = fork(new URL('./worker.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...files.descriptors],
    })
  } catch (cause) {
    files[Symbol.dispose]()
    // The caller holds the process before it hears that there is none.
    const refused: WorkerProcess = {
      pid: undefined,
      send: () => {},
      lastLines,
      isStarted: false,
      isBusy: () => false,
      end: () => Promise.resolve(),
    }
    queueMicrotask(() => onExit(refused, cause instanceof Error ? cause : new Error(String(cause))))
    return refused
  }
  const worker: WorkerProcess = {
    pid: child.pid,
    send(message) {
      const taken = new Set(inUse.values())
      const fileIndex = files.descriptors.findIndex((_, index) => !taken.has(index))
      if (fileIndex >= 0) inUse.set(message.id, fileIndex)
      const request: SentClip = fileIndex < 0 ? message : { ...message, fileIndex }
      child.send(request, () => {})
    },
    lastLines,
    get isStarted() {
      return isStarted
    },
    isBusy: () => isComputing(child.pid),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const ended = Promise.withResolvers<void>()
      child.once('exit', () => ended.resolve())
      // A worker that can still answer also ends the programs that it started.
      child.kill('SIGTERM')
      const killTimer = setTimeout(() => child.kill('SIGKILL'), politeMs)
      const giveUpTimer = setTimeout(() => ended.resolve(), patienceMs)
      await ended.promise
      clearTimeout(killTimer)
      clearTimeout(giveUpTimer)
      if (child.connected) child.disconnect()
      child.stderr?.destroy()
      child.unref()
    },
  }
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.trim() !== '' && lastLines.push(line.trim()) > keptLines) lastLines.shift()
    })
  child.on('message', (reply: SentReply) => {
    isStarted = true
    const received = withPixels(reply, files, memory)
    if (!('isAlive' in received)) inUse.delete(received.id)
    onMessage(received)
  })
  // `close` comes after the last of its output.
  child.on('close', (code, signal) => {
    files[Symbol.dispose]()
    onExit(worker, signal ?? `code ${code}`)
  })
  child.on('error', (error) => {
    if (child.pid === undefined) files[Symbol.dispose]()
    onExit(worker, error)
  })
  return worker
}

/** The reply with the pixels that the process stored in a file. */
function withPixels(reply: SentReply, files: ClipFiles, memory: PixelMemory): ReplyMessage {
  if (!('pixels' in reply)) return reply
  const { pixels, ...others } = reply
  return { ...others, pixels: 'stored' in pixels ? files.read(pixels.fileIndex, pixels.stored, memory) : pixels }
}
