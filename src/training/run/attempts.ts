import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runFiles } from '#contract/events.ts'

/** How often this run has been started before, counted from its events. */
export function earlierAttempts(folder: string): number {
  const lines = readFileSync(join(folder, runFiles.events), 'utf8').split('\n')
  return lines.filter((line) => line.startsWith('{"type":"started"')).length
}
