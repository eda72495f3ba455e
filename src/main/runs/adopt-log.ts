import { basename, dirname } from 'node:path'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { applyLines, type EventTables, type LineSource, parseEvent } from './apply.ts'
import { lineNumberAt, markAt } from './event-log.ts'
import type { ProcessRecord } from './process-record.ts'
import { endOf, type RunRow } from './row.ts'
import { readLines } from './tail.ts'

/** What applying lines up to byte `end` of a file needs to know of it. */
export const lineSource = (file: string, end: number, isKnown?: LineSource['isKnown']): LineSource => ({
  mark: markAt(file, end),
  lineNumber: (offset) => lineNumberAt(file, offset),
  ...(isKnown === undefined ? {} : { isKnown }),
})

interface Adopted {
  /** What happened to the file, and what the studio did. */
  readonly sentence: string
  /** The step after which followers read points again. */
  readonly rewrittenFrom: number | undefined
}

/**
 * Brings a run into step with an `events.jsonl` that is not the one that was read before. If it is a beginning of it, or one that went on
 * after it was cut, what was read is kept and what is new is added: no point is lost. If other processes wrote it, as after a copy from
 * another machine, the run is read again from the first byte.
 * @param record stores what the process record must say, so that the status of the run stays true
 */
export function adoptLog(
  tables: EventTables,
  row: RunRow,
  file: string,
  change: 'gone' | 'shorter' | 'replaced',
  record: (changes: Partial<ProcessRecord>) => void,
): Adopted {
  const name = `${basename(file)} of the run ${basename(dirname(file))}`
  const end = endOf(row)
  const facts = readFacts(file)
  if (isOtherHistory(tables, row, facts)) {
    const points = () => tables.metrics.summaries(row.key).reduce((sum, { count }) => sum + count, 0)
    const before = points()
    tables.database.transaction(() => {
      tables.runs.forgetEvents(row.key)
      replay(tables, row.id, file)
    })()
    const lost = before - points()
    const missing = lost > 0 ? ` It has ${lost} points fewer than before.` : ''
    record({ eventsFrom: facts.eventsFrom })
    return {
      sentence: say(tables, row, `${name} was replaced. The run was read again from its first line.${missing}`),
      rewrittenFrom: -1,
    }
  }
  const isEnd = (event: RunEvent): boolean => end !== null && event.type === 'ended' && event.at === end.at
  tables.database.transaction(() => {
    tables.runs.setEvents(row.key, { ...row, event_cursor: 0, event_mark: null, end_offset: null })
    let attempt = 0
    replay(tables, row.id, file, (event, now) => {
      if (event.type === 'started') attempt = event.attempt
      return !isEnd(event) && isRead(event, now, attempt)
    })
  })()
  // Ends of earlier processes come before the one of the last process, wherever the file was cut.
  const earlier = facts.ends.filter(({ at }) => at !== end?.at && (row.last_at === null || at <= row.last_at))
  record({ eventsFrom: earlier.at(-1)?.offset ?? 0, ...(end === null ? {} : { end }) })
  const what =
    change === 'gone' ? 'is gone' : change === 'shorter' ? 'is shorter than what was read of it' : 'was changed'
  return {
    sentence: say(
      tables,
      row,
      `${name} ${what}. Its points were read before and are kept, but reindex would lose them: restore the file from a backup.`,
    ),
    rewrittenFrom: undefined,
  }
}

/** Writes a sentence to the log of the run as well. */
function say({ runs }: EventTables, { key }: RunRow, sentence: string): string {
  runs.addLog(key, { at: new Date().toISOString(), level: 'warning', message: sentence })
  return sentence
}

interface LogFacts {
  /** Times of the attempts in the file, by their number. */
  readonly attempts: ReadonlyMap<number, string>
  readonly ends: readonly { readonly at: string; readonly offset: number }[]
  /** Byte behind the last end before the last attempt. */
  readonly eventsFrom: number
}

/** Reads attempts and ends from a whole `events.jsonl`. */
export function readFacts(file: string): LogFacts {
  const attempts = new Map<number, string>()
  const ends: { at: string; offset: number }[] = []
  let eventsFrom = 0
  for (const line of linesOf(file)) {
    const event = parseEvent(line.text)
    if (event?.type === 'started') {
      attempts.set(event.attempt, event.at)
      eventsFrom = ends.at(-1)?.offset ?? 0
    }
    if (event?.type === 'ended') ends.push({ at: event.at, offset: line.end })
  }
  return { attempts, ends, eventsFrom }
}

/** Whether the file holds an attempt that differs from the one of that number that was read, or is of another program. */
function isOtherHistory({ runs }: EventTables, row: RunRow, { attempts }: LogFacts): boolean {
  if (row.status === 'imported') return true
  const known = new Map(runs.attempts(row.key).map(({ attempt, startedAt }) => [attempt, startedAt]))
  const isSame = [...attempts].every(([attempt, at]) => (known.get(attempt) ?? at) === at)
  return !isSame || ((attempts.get(1) ?? row.started_at) !== row.started_at && row.started_at !== null)
}

/**
 * Whether an event that is in the file again was applied before. What is stored by step or name may be applied twice.
 * @param attemptInFile number of the attempt that wrote it, as far as the file says so
 */
function isRead(event: RunEvent, { attempt, step, last_at }: RunRow, attemptInFile: number): boolean {
  const isOld = last_at !== null && event.at <= last_at
  switch (event.type) {
    case 'started':
      return event.attempt <= attempt
    case 'log':
    case 'ended':
      return isOld
    // The clock may have been set back: within an attempt, steps say which points are new.
    case 'metrics':
      return attemptInFile === attempt ? event.step < step || (event.step === step && isOld) : isOld
    case 'imported':
    case 'media':
    case 'checkpoint':
    case 'result':
      return false
  }
}

function* linesOf(file: string) {
  let cursor = 0
  for (;;) {
    const lines = readLines(file, cursor)
    const last = lines.at(-1)
    if (last === undefined) return
    yield* lines
    cursor = last.end
  }
}

function replay(tables: EventTables, runId: string, file: string, isKnown?: LineSource['isKnown']): void {
  let cursor = 0
  for (;;) {
    const lines = readLines(file, cursor)
    const last = lines.at(-1)
    if (last === undefined) return
    applyLines(tables, runId, lines, lineSource(file, last.end, isKnown))
    cursor = last.end
  }
}
