import type { LogLine } from '#contract/domain/run.ts'
import type { LiveTopicOptions } from '../../ui/run/live.ts'
import { joinLog, maxLines } from './log.ts'

/** The log of one run as a live topic, growing at its end. */
export const logTopic = (fetchLog: (runId: string) => Promise<LogLine[]>): LiveTopicOptions<LogLine[], LogLine> => ({
  initial: [],
  fetch: async ([runId = '']) => fetchLog(runId),
  pick: (event) => (event.type === 'log' ? event.lines : []),
  join: (lines, arrivals, mayOverlap) =>
    mayOverlap ? joinLog(lines, arrivals) : [...lines, ...arrivals].slice(-maxLines),
})
