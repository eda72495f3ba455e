import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunEvent, runEvent } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'
import { isWhole } from '#node/event-line.ts'

type Started = Extract<RunEvent, { type: 'started' }>

/** The earlier attempts of a run, oldest first, from its events. */
export function earlierAttempts(folder: string): Started[] {
  const file = join(folder, runFiles.events)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line.startsWith('{"type":"started"')).flatMap(readStarted)
}

function readStarted(line: string): Started[] {
  if (!isWhole(line)) return []
  try {
    const event = runEvent.parse(JSON.parse(line))
    return event.type === 'started' ? [event] : []
  } catch {
    // An attempt that was killed while writing leaves an incomplete line. It computed no step after that line.
    return []
  }
}
