import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { type Heartbeat, heartbeat } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'

/** The newest heartbeat of a run; undefined if there is none, or a power cut damaged it. */
export function readHeartbeat(folder: string): Heartbeat | undefined {
  try {
    return heartbeat.safeParse(JSON.parse(readFileSync(join(folder, runFiles.heartbeat), 'utf8'))).data
  } catch (cause) {
    if (cause instanceof SyntaxError || systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
