import { listCache } from '../video/cache/frame-cache.ts'
import { inspectFile } from '../video/decode/inspect-file.ts'
import { openDecoder } from '../video/decode/open-decoder.ts'
import type { Task } from './task.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

const aliveEveryMs = 2000

/** Inspects files one after the other. Each is announced before it is opened, so that a crash of the decoder names it. */
export const inspectVideos: Task<'inspect-videos'> = async ({ files, frameCache }, report, signal) => {
  const decoder = await openDecoder()
  if (frameCache !== undefined) listCache(frameCache)
  for (const file of files) {
    report({ state: 'opening', file })
    await throwIfCancelled(signal)
    let saidAt = performance.now()
    const onProgress = () => {
      if (performance.now() - saidAt < aliveEveryMs) return
      saidAt = performance.now()
      report({ state: 'decoding', file })
    }
    report({ ...(await inspectFile(decoder, file, { onProgress, frameCache })), file })
  }
  return { decoder: decoder.description }
}
