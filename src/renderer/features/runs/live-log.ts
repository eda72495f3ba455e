import { shallowRef, type ShallowRef } from 'vue'
import type { LogLine } from '#contract/run.ts'
import type { LiveTopic } from '../../ui/run/live.ts'
import { joinLog, maxLines } from './log.ts'

export interface LiveLog extends LiveTopic {
  readonly lines: ShallowRef<LogLine[]>
}

interface LiveLogOptions {
  fetchLog: (id: string) => Promise<LogLine[]>
  onError: (thrown: unknown) => void
}

/** The log of one run, growing at its end. */
export function createLiveLog({ fetchLog, onError }: LiveLogOptions): LiveLog {
  const lines = shallowRef<LogLine[]>([])
  let arrived: LogLine[] = []
  let isLoading = false
  let generation = 0

  async function fetchAll(id: string | undefined): Promise<void> {
    const mine = ++generation
    arrived = []
    isLoading = true
    try {
      const snapshot = id === undefined ? [] : await fetchLog(id)
      if (mine === generation) lines.value = joinLog(snapshot, arrived)
    } catch (cause) {
      if (mine === generation) onError(cause)
    } finally {
      if (mine === generation) isLoading = false
    }
  }

  return {
    lines,
    load: (ids) => void fetchAll(ids[0]),
    take(event) {
      if (event.type !== 'log') return
      if (isLoading) arrived.push(...event.lines)
      else lines.value = [...lines.value, ...event.lines].slice(-maxLines)
    },
    dispose() {
      generation++
    },
  }
}
