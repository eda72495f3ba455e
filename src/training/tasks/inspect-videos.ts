import { openFrameCache } from '../video/cache/frame-cache.ts'
import { frameBudget, FrameRoom } from '../video/cache/frame-room.ts'
import { inspectVideo } from '../video/decode/inspect-video.ts'
import { openDecoder } from '../video/decode/open-decoder.ts'
import type { Task } from './task.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

const aliveEveryMs = 2000

/** Inspects videos one after the other. Each is announced before it is opened, so that a crash of the decoder names it. */
export const inspectVideos: Task<'inspect-videos'> = async (
  { files, frameCache, frameRate, check },
  report,
  signal,
) => {
  const decoder = await openDecoder()
  const frames = frameCache === undefined ? undefined : roomOfImport(frameCache)
  for (const file of files) {
    report({ state: 'opening', file })
    await throwIfCancelled(signal)
    let saidAt = performance.now()
    const onProgress = () => {
      if (performance.now() - saidAt < aliveEveryMs) return
      saidAt = performance.now()
      report({ state: 'decoding', file })
    }
    report({ ...(await inspectVideo(decoder, file, { onProgress, frames, frameRate, check })), file })
  }
  return { decoder: decoder.description }
}

/** The room that is free: an import evicts nothing. */
function roomOfImport(folder: string): FrameRoom | undefined {
  const { problem } = openFrameCache(folder)
  return problem === undefined
    ? new FrameRoom({ folder, usedSinceMs: 0, maxBytes: () => frameBudget(folder) })
    : undefined
}
