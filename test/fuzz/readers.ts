import { fork } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Job } from './child.ts'
import type { Outcome } from './fuzz.ts'
import { formats } from './samples.ts'

// node test/fuzz/readers.ts --files 100000 --seed 1 [--format NAME] [--first N]
// Breaks good checkpoint files and reads them. Ends with an error if one crashes, hangs or fills the memory.
// Each format runs in a process of its own, with little memory, so that the file at which it dies or hangs is named.

const hangMs = 10_000
const heapMib = 128
const maxRssBytes = 512 * 2 ** 20

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    format: { type: 'string' },
  },
})
const [files, seed, first] = [Number(values.files), Number(values.seed), Number(values.first)]
const known = (await formats()).map(({ name }) => name)
const chosen = known.filter((name) => values.format === undefined || name === values.format)
if (chosen.length === 0) throw new Error(`There is no format ${values.format}. The formats are: ${known.join(', ')}.`)

const startedAt = performance.now()
const outcomes: Outcome[] = []
for (const [index, format] of chosen.entries()) {
  const share = Math.floor((files * (index + 1)) / chosen.length) - Math.floor((files * index) / chosen.length)
  const outcome = await inChild({ format, seed, first, files: share })
  outcomes.push(outcome)
  console.log(
    `${format.padEnd(20)}${summary(outcome)}, slowest ${outcome.slowestMs.toFixed(0)} ms (file ${outcome.slowestFile})`,
  )
  for (const { file, problem } of outcome.faults)
    console.log(`  --format "${format}" --seed ${seed} --first ${file} --files 1: ${problem}`)
}
const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0)
const total = {
  read: sum(({ read }) => read),
  refused: sum(({ refused }) => refused),
  faults: outcomes.flatMap(({ faults }) => faults),
  peakRssBytes: Math.max(...outcomes.map(({ peakRssBytes }) => peakRssBytes)),
}
console.log(`${'all'.padEnd(20)}${summary(total)}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
if (total.peakRssBytes > maxRssBytes) console.log(`That is more memory than the ${maxRssBytes / 2 ** 20} MiB allowed.`)
process.exitCode = total.faults.length > 0 || total.peakRssBytes > maxRssBytes ? 1 : 0

function summary({
  read,
  refused,
  faults,
  peakRssBytes,
}: Pick<Outcome, 'read' | 'refused' | 'faults' | 'peakRssBytes'>): string {
  return `${String(read + refused + faults.length).padStart(7)} files: ${String(read).padStart(6)} read, ${String(refused).padStart(6)} refused, ${faults.length} wrong, at most ${Math.round(peakRssBytes / 2 ** 20)} MiB`
}

/** Runs one format to its end. The file at which the child dies or stands still is a fault. */
async function inChild(job: Job): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
  const progress = openSync(join(folder, 'progress'), 'w+')
  const child = fork(join(import.meta.dirname, 'child.ts'), {
    execArgv: [`--max-old-space-size=${heapMib}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', progress],
  })
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const current = (): number => {
    const number = Buffer.alloc(4)
    readSync(progress, number, 0, 4, 0)
    return number.readUInt32LE()
  }
  const end = (problem: string) =>
    resolve({
      read: 0,
      refused: 0,
      slowestMs: 0,
      slowestFile: current(),
      peakRssBytes: 0,
      faults: [{ file: current(), problem }],
    })
  let seen = { file: -1, at: performance.now() }
  const watch = setInterval(() => {
    const file = current()
    if (file !== seen.file) seen = { file, at: performance.now() }
    else if (performance.now() - seen.at > hangMs) end(`hangs for ${hangMs / 1000} s`)
  }, 500)
  child.once('message', resolve)
  child.once('exit', (code, signal) => end(`ends the process (${signal ?? code})`))
  child.send(job)
  try {
    return await promise
  } finally {
    clearInterval(watch)
    child.removeAllListeners().kill('SIGKILL')
    closeSync(progress)
    rmSync(folder, { recursive: true })
  }
}
