import type { AsyncIteratorClass } from '@orpc/server'
import type { FollowEvent } from '#contract/api/contract.ts'
import type { SeriesDelta } from '#contract/domain/metric.ts'
import { type Broadcast } from '../streams/broadcast.ts'
import { openStream } from '../streams/stream.ts'
import type { Applied } from './apply.ts'

const followIntervalMs = 100

/** Deltas of some runs. Events that arrive while the reader is busy are merged in order. */
export function followRuns(
  deltas: Broadcast<FollowEvent>,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): AsyncIteratorClass<FollowEvent> {
  const wanted = new Set(ids)
  return openStream<FollowEvent>(signal, followIntervalMs, (control) => {
    let waiting: FollowEvent[] = []
    const close = deltas.subscribe((event) => {
      if (!runsOf(event).some((id) => wanted.has(id))) return
      joinEvent(waiting, event)
      control.wake()
    })
    const take = () => {
      const taken = waiting
      waiting = []
      return taken
    }
    return { take, close }
  })
}

function runsOf(event: FollowEvent): string[] {
  return event.type === 'points' ? event.series.map((series) => series.runId) : [event.runId]
}

/** Appends an event, or merges it into the last one: points into points, log lines into log lines of the same run. */
export function joinEvent(waiting: FollowEvent[], event: FollowEvent): void {
  const last = waiting.at(-1)
  if (last?.type === 'points' && event.type === 'points')
    waiting[waiting.length - 1] = { type: 'points', series: joinSeries(last.series, event.series) }
  else if (last?.type === 'log' && event.type === 'log' && last.runId === event.runId)
    waiting[waiting.length - 1] = { ...last, lines: [...last.lines, ...event.lines] }
  else waiting.push(event)
}

function joinSeries(earlier: readonly SeriesDelta[], later: readonly SeriesDelta[]): SeriesDelta[] {
  const joined = [...earlier]
  for (const delta of later) {
    const index = joined.findIndex((known) => known.runId === delta.runId && known.name === delta.name)
    const known = joined[index]
    if (known === undefined) joined.push(delta)
    else
      joined[index] = { ...known, steps: [...known.steps, ...delta.steps], values: [...known.values, ...delta.values] }
  }
  return joined
}

/** What followers of a run learn from applied lines. */
export function followEvents(runId: string, { rewoundTo, points, log, media, checkpoints }: Applied): FollowEvent[] {
  const events: FollowEvent[] = []
  if (rewoundTo !== undefined) events.push({ type: 'rewound', runId, fromStep: rewoundTo })
  if (points.length > 0) events.push({ type: 'points', series: points })
  if (log.length > 0) events.push({ type: 'log', runId, lines: log })
  for (const item of media) events.push({ type: 'media', runId, item })
  for (const checkpoint of checkpoints) events.push({ type: 'checkpoint', runId, checkpoint })
  return events
}
