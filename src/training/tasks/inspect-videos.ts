import type { TaskProgress } from '#contract/api/tasks.ts'
import type { Task } from '#node/serve-task.ts'
import { openFrameCache } from '../video/cache/frame-cache.ts'
import { frameBudget, FrameRoom } from '../video/cache/frame-room.ts'
import type { Decoder } from '../video/decode/decoder.ts'
import { inspectVideo } from '../video/decode/inspect-video.ts'
import { openDecoder } from '../video/decode/open-decoder.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

const aliveEveryMs = 2000
/** Results wait so long at most, if another file follows. */
const reportEveryMs = 50

/** Inspects videos in order. */
export const inspectVideos: Task<'inspect-videos'> = async (
  { files, frameCache, frameRate, check, waitingResults = 0 },
  report,
  signal,
) => {
  const waiting: TaskProgress<'inspect-videos'>['inspected'] = []
  let reportedAt = performance.now()
  const flush = () => {
    reportedAt = performance.now()
    report({ inspected: waiting.splice(0) })
    // It is written meanwhile.
    return throwIfCancelled(signal)
  }
  const onProgress = () => {
    if (performance.now() - reportedAt < aliveEveryMs) return
    reportedAt = performance.now()
    report({ inspected: [] })
  }
  const opened = await openDecoder()
  const decoder = afterReports(opened, async () => {
    if (waiting.length > 0) await flush()
  })
  const frames = frameCache === undefined ? undefined : roomOfImport(frameCache)
  await flush()
  for (const file of files) {
    waiting.push({ ...(await inspectVideo(decoder, file, { onProgress, frames, frameRate, check })), file })
    if (waiting.length > waitingResults || performance.now() - reportedAt >= reportEveryMs) await flush()
  }
  await flush()
  return { decoder: opened.description }
}

/** A decoder whose work begins when all results before have been reported: it may crash. */
const afterReports = (decoder: Decoder, reported: () => Promise<void>): Decoder => ({
  description: decoder.description,
  async inspect(...file) {
    await reported()
    return decoder.inspect(...file)
  },
  async probe(file) {
    await reported()
    return decoder.probe(file)
  },
  async decode(...frames) {
    await reported()
    return decoder.decode(...frames)
  },
})

/** The room that is free: an import evicts nothing. */
function roomOfImport(folder: string): FrameRoom | undefined {
  const { problem } = openFrameCache(folder)
  return problem === undefined
    ? new FrameRoom({ folder, usedSinceMs: 0, maxBytes: () => frameBudget(folder) })
    : undefined
}
