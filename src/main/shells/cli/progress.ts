import { MultiBar, type SingleBar } from 'cli-progress'

/** One task in progress. */
export interface ProgressItem {
  id: string
  title: string
  done: number
  /** Null while unknown. */
  total: number | null
  /** Text after the bar: `loss 0.61 · 12 clips/s · 40 s left`. */
  detail: string
  /** Lines of moving items are repeated every few seconds, those of others only when their detail changes. */
  isMoving: boolean
}

export interface ProgressDisplay {
  update(items: readonly ProgressItem[]): void
  /** Stops updating; the last state stays on the screen. */
  close(): void
}

const linePauseMs = 5000

/** Bars on a terminal, a line every few seconds otherwise, nothing with `--json`. All on standard error. */
export function openProgress(isJson: boolean, stream: NodeJS.WriteStream = process.stderr): ProgressDisplay {
  if (stream.isTTY) return bars(stream)
  return isJson
    ? { update: () => {}, close: () => {} }
    : plainLines(
        (line) => void stream.write(`${line}\n`),
        () => performance.now(),
      )
}

function bars(stream: NodeJS.WriteStream): ProgressDisplay {
  const multi = new MultiBar({
    stream,
    fps: 5,
    hideCursor: true,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    format: '{title} {bar} {count} {detail}',
    // An unknown total gives an empty bar instead of a full one.
    emptyOnZero: true,
  })
  const shown = new Map<string, SingleBar>()
  return {
    update(items) {
      const width = Math.max(...items.map((item) => item.title.length))
      for (const { id, title, done, total, detail } of items) {
        const payload = { title: title.padEnd(width), count: countOf(done, total).padStart(11), detail }
        const bar = shown.get(id)
        if (bar === undefined) {
          shown.set(id, multi.create(total ?? 0, done, payload))
        } else {
          bar.setTotal(total ?? 0)
          bar.update(done, payload)
        }
      }
    },
    close: () => multi.stop(),
  }
}

/** Lines for a log file. `now` is a clock in milliseconds. */
export function plainLines(write: (line: string) => void, now: () => number): ProgressDisplay {
  const written = new Map<string, { line: string; atMs: number; isMoving: boolean }>()
  return {
    update(items) {
      for (const item of items) {
        const line = [item.title, countOf(item.done, item.total), item.detail].filter((part) => part !== '').join('  ')
        const last = written.get(item.id)
        if (last?.line === line) continue
        if (last !== undefined && last.isMoving && item.isMoving && now() - last.atMs < linePauseMs) continue
        written.set(item.id, { line, atMs: now(), isMoving: item.isMoving })
        write(line)
      }
    },
    close: () => {},
  }
}

const countOf = (done: number, total: number | null): string => (total === null ? '' : `${done}/${total}`)
