import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Decoder processes that stop to answer or answer late, as if a native decoder waited for a file on a stalled network share. */
export interface HangingDecoder {
  /** From now on, the next `times` requests for a file whose path contains `part` block their process for ever. */
  hang(part: string, times?: number): void
  /** From now on, every request waits for a while, as if the file were on a slow disk. */
  slow(ms: number): void
  release(): void
  /** Requests that blocked a process so far. */
  count(): number
}

/** Blocks decoder processes that this process and its children start until the test ends. */
export function hangingDecoder(): HangingDecoder {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-hang-'))
  const [flag, tally] = [join(folder, 'flag'), join(folder, 'tally')]
  const script = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
if (process.argv[1]?.endsWith('video/worker/worker.ts')) {
  const on = process.on
  process.on = function (name, listener) {
    if (name !== 'message') return on.call(this, name, listener)
    return on.call(this, name, (message) => {
      const { part, times, ms } = existsSync(${JSON.stringify(flag)}) ? JSON.parse(readFileSync(${JSON.stringify(flag)}, 'utf8')) : { times: 0 }
      if (times > 0 && message.plan.file.includes(part)) {
        writeFileSync(${JSON.stringify(flag)}, JSON.stringify({ part, times: times - 1, ms }))
        appendFileSync(${JSON.stringify(tally)}, '.')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms ?? Infinity)
      }
      listener(message)
    })
  }
}`
  const before = process.env['NODE_OPTIONS']
  process.env['NODE_OPTIONS'] = `${before ?? ''} --import=data:text/javascript,${encodeURIComponent(script)}`.trim()
  writeFileSync(tally, '')
  onTestFinished(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS']
    else process.env['NODE_OPTIONS'] = before
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    hang: (part, times = Number.MAX_SAFE_INTEGER) => writeFileSync(flag, JSON.stringify({ part, times })),
    slow: (ms) => writeFileSync(flag, JSON.stringify({ part: '', times: Number.MAX_SAFE_INTEGER, ms })),
    release: () => rmSync(flag, { force: true }),
    count: () => readFileSync(tally, 'utf8').length,
  }
}
