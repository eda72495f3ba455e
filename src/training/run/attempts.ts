import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunEvent, runEvent } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'

type Started = Extract<RunEvent, { type: 'started' }>

/** The earlier attempts of this run, oldest first, from its events. */
export function earlierAttempts(folder: string): Started[] {
  const lines = readFileSync(join(folder, runFiles.events), 'utf8').split('\n')
  return lines.filter((line) => line.startsWith('{"type":"started"')).flatMap(readStarted)
}

function readStarted(line: string): Started[] {
  try {
    const event = runEvent.parse(JSON.parse(line))
    return event.type === 'started' ? [event] : []
  } catch {
    // The half line of an attempt that was killed while it wrote; nothing was computed after it.
    return []
  }
}
