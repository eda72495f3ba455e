import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { freeBytes } from '#node/disk-space.ts'
import type { CardUse } from '#node/nvidia-smi.ts'
import type { Metrics } from '../stages/stage.ts'

export interface MachineMeterOptions {
  /** On the disk whose free space is reported. */
  readonly folder: string
  /** Process ids of the decoders now. */
  readonly decoders: () => readonly number[]
  /** Use of the NVIDIA cards of this process; absent if it computes on none. */
  readonly cards?: () => Promise<readonly CardUse[]>
  readonly reportEveryMs?: number
  /** `nvidia-smi` is a program, so that it is asked less often. */
  readonly cardsEveryMs?: number
}

/** Measures what the process of a run and its decoders take of the machine, by the clock and not by steps. */
export class MachineMeter implements Disposable {
  readonly #options: Required<Pick<MachineMeterOptions, 'reportEveryMs'>> & MachineMeterOptions
  readonly #timer: NodeJS.Timeout | undefined
  #since = performance.now()
  #own = process.cpuUsage()
  /** Processor time of each decoder at the last report, in clock ticks. */
  #ticks = new Map<number, number>()
  #cardSamples: CardUse[] = []
  #isAsking = false

  constructor(options: MachineMeterOptions) {
    this.#options = { reportEveryMs: 5000, ...options }
    if (options.cards === undefined) return
    this.#timer = setInterval(() => void this.#askCards(), options.cardsEveryMs ?? 15_000).unref()
    void this.#askCards()
  }

  /** Figures since the last report; none if that was less than a few seconds ago. What the system does not report is left out. */
  take(): Metrics {
    const elapsedMs = performance.now() - this.#since
    if (elapsedMs < this.#options.reportEveryMs) return {}
    const own = process.cpuUsage(this.#own)
    const decoders = this.#options.decoders().flatMap((pid) => readDecoder(pid) ?? [])
    const decodedTicks = decoders.reduce((sum, { pid, ticks }) => sum + ticks - (this.#ticks.get(pid) ?? 0), 0)
    const usedMs = (own.user + own.system) / 1000 + (decodedTicks * 1000) / ticksPerSecond
    this.#since = performance.now()
    this.#own = process.cpuUsage()
    this.#ticks = new Map(decoders.map(({ pid, ticks }) => [pid, ticks]))
    const free = freeBytes(this.#options.folder)
    return {
      'system/processor': Math.min(100, (100 * usedMs) / (elapsedMs * availableParallelism())),
      ...(decoders.length === 0
        ? {}
        : { 'system/decoder-memory': decoders.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 20 }),
      ...(free === undefined ? {} : { 'system/free-disk': free / 2 ** 30 }),
      ...this.#takeCards(),
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #askCards(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    // It never rejects: without an answer there are no figures.
    this.#cardSamples.push(...((await this.#options.cards?.()) ?? []))
    this.#isAsking = false
  }

  /** Mean use of the cards since the last report. */
  #takeCards(): Metrics {
    const samples = this.#cardSamples
    this.#cardSamples = []
    const utilization = mean(samples.map((sample) => sample.utilization))
    const memory = mean(samples.map((sample) => sample.usedMemoryBytes))
    return {
      ...(utilization === undefined ? {} : { 'system/card': utilization }),
      ...(memory === undefined ? {} : { 'system/card-memory': memory / 2 ** 20 }),
    }
  }
}

/** Mean of the known values; undefined if none is known. */
function mean(values: readonly (number | null)[]): number | undefined {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length
}

/** The unit of times in `/proc`. Linux has used this value on all platforms of Node.js. */
const ticksPerSecond = 100
const pageBytes = 4096

/** Processor time and resident memory of a process from `/proc`; undefined if it has ended, and on other systems. */
function readDecoder(pid: number): { pid: number; ticks: number; bytes: number } | undefined {
  if (process.platform !== 'linux') return undefined
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    // It has ended since.
    return undefined
  }
  // The name of the program may have spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [ticks, pages] = [Number(fields[11]) + Number(fields[12]), Number(fields[21])]
  return Number.isFinite(ticks) && Number.isFinite(pages) ? { pid, ticks, bytes: pages * pageBytes } : undefined
}
