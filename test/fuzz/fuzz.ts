import { StudioError } from '#contract/api/errors.ts'
import { memorySource } from '#training/checkpoint/formats/byte-source.ts'
import { openTensorSource } from '#training/checkpoint/formats/open.ts'
import { draws } from '#training/data/random.ts'
import { mutate } from './mutate.ts'
import type { Format } from './samples.ts'

/** What came of a number of broken files. */
export interface Outcome {
  /** Files of which every tensor could be read all the same. */
  read: number
  /** Files that were refused as they should be. */
  refused: number
  slowestMs: number
  slowestFile: number
  /** The most memory that the process ever had. */
  peakRssBytes: number
  /** Files that ended in anything else, with what it was. */
  faults: { file: number; problem: string }[]
}

export interface FuzzOptions {
  readonly seed: number
  /** Files first, first + 1, ... of the seed. */
  readonly first: number
  readonly files: number
  /** Called before each file. */
  readonly starting?: (file: number) => void
}

const limitMs = 2000

/** Breaks good files and reads them. One file depends on its seed and number alone, so that it can be made again. */
export async function fuzz(format: Format, { seed, first, files, starting }: FuzzOptions): Promise<Outcome> {
  const outcome: Outcome = { read: 0, refused: 0, slowestMs: 0, slowestFile: first, peakRssBytes: 0, faults: [] }
  for (let file = first; file < first + files; file++) {
    starting?.(file)
    const bytes = brokenFile(format, seed, file)
    const startedAt = performance.now()
    const problem = await problemWith(format, bytes, outcome)
    const tookMs = performance.now() - startedAt
    if (problem !== undefined) outcome.faults.push({ file, problem })
    if (tookMs > limitMs) outcome.faults.push({ file, problem: `took ${Math.round(tookMs)} ms` })
    if (tookMs > outcome.slowestMs) Object.assign(outcome, { slowestMs: tookMs, slowestFile: file })
  }
  return { ...outcome, peakRssBytes: process.resourceUsage().maxRSS * 1024 }
}

export function brokenFile({ name, samples, tokens, wrap }: Format, seed: number, file: number): Uint8Array {
  const random = draws(seed, name, file)
  const sample = random.integer(samples.length)
  return wrap(mutate(random, samples[sample]!, { samples, tokens }), sample)
}

async function readTensors(bytes: Uint8Array): Promise<string | undefined> {
  await using file = await openTensorSource(memorySource('broken', bytes))
  for (const { name, shape, dtype, sizeBytes } of file.entries) {
    const read = await file.readBytes({ name })
    if (read.byteLength !== sizeBytes) return `gave ${read.byteLength} bytes for ${dtype} [${shape.join(', ')}]`
  }
  return undefined
}

/** Reads the file, every tensor included. Only success and a plain refusal are right; counts both. */
async function problemWith(format: Format, bytes: Uint8Array, outcome: Outcome): Promise<string | undefined> {
  try {
    const problem = await (format.read ?? readTensors)(bytes)
    if (problem !== undefined) return problem
    outcome.read += 1
    return undefined
  } catch (cause) {
    if (!(cause instanceof StudioError) || cause.code !== 'checkpoint-invalid')
      return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    outcome.refused += 1
    return undefined
  }
}
