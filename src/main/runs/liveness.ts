import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { type Heartbeat, heartbeat } from '#contract/domain/run-event.ts'
import { runFiles } from '#contract/layout.ts'
import { isRunProcess } from '../executors/process.ts'
import type { ProcessRecord } from './process-record.ts'

/** The process of a run that lives right now, started by this studio or by one before it. */
export function livingProcess(folder: string, record: Pick<ProcessRecord, 'pid' | 'spawnedAt'>): number | undefined {
  const beat = readHeartbeat(folder)
  const lastSignOfLifeMs = Math.max(...[record.spawnedAt, beat?.at].map((at) => (at ? Date.parse(at) : 0)))
  // A studio that died while it started the process may not have noted its number; the heartbeat has it.
  return (
    [record.pid, beat?.pid].find((pid) => typeof pid === 'number' && isRunProcess(pid, folder, lastSignOfLifeMs)) ??
    undefined
  )
}

/** Time since the process gave a sign of life, in milliseconds. */
export function silentMs(folder: string, nowMs: number): number {
  const beat = readHeartbeat(folder)
  return beat === undefined ? 0 : nowMs - Date.parse(beat.at)
}

/** The newest heartbeat; undefined where there is none, or a power cut left half of one. */
function readHeartbeat(folder: string): Heartbeat | undefined {
  try {
    return heartbeat.safeParse(JSON.parse(readFileSync(join(folder, runFiles.heartbeat), 'utf8'))).data
  } catch (cause) {
    if (cause instanceof SyntaxError || systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
