import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Run } from '#contract/domain/run.ts'
import { readTrainingState } from '#training/checkpoint/checkpoints.ts'
import { newestCheckpoint } from '#training/checkpoint/find.ts'
import { kinds, type Random } from './kinds.ts'
import { toySteps, undisturbed } from './toy.ts'
import { World } from './world.ts'

/** How a trial ended. */
export interface TrialOutcome {
  readonly seed: number
  /** What happened to the run, in order. */
  readonly faults: readonly string[]
  /** `same bits`, or the plain failure with which the run ended. */
  readonly end: string
  /** Points that a fault took away before any studio had read them. */
  readonly takenAway: number
  /** Longest time until a dead process was said to be dead. */
  readonly slowestTruthMs: number
  readonly durationMs: number
  /** What is not as it must be; empty if nothing. */
  readonly wrong: readonly string[]
}

const names = Object.keys(kinds)
/** How often a trial resumes its run before it gives up. */
const maxResumes = 12
/** A dead process is said to be dead within two seconds; a busy machine gets five times as long. */
const truthMs = 10_000

/**
 * Disturbs the run of a copy of `template` up to three times and brings it to its end.
 * @param only the faults to use, instead of drawn ones
 */
export async function runTrial(template: string, seed: number, only?: readonly string[]): Promise<TrialOutcome> {
  const random = randomOf(seed)
  const faults =
    only ?? Array.from({ length: 1 + Math.floor(3 * random()) }, () => names[Math.floor(names.length * random())] ?? '')
  const from = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'mvd-fault-'))
  const workspace = join(folder, 'workspace')
  cpSync(template, workspace, { recursive: true })
  const world = new World(workspace)
  const wrong: string[] = []
  let end = ''
  try {
    await world.open()
    for (const name of faults) {
      const at = 1 + Math.floor(0.8 * toySteps * random())
      await world.until((run) => isSettled(run) || run.step >= at)
      await kinds[name]?.(world, random)
      if (!world.isOpen) await world.open()
      await checkTruth(world, wrong)
      await bringOn(world)
    }
    const last = await toEnd(world)
    end = last.status === 'finished' ? 'same bits' : `${last.status}: ${last.error?.message ?? ''}`
    if (last.status === 'finished') wrong.push(...(await differences(world, last)))
    else if (last.error === null || last.error.code === 'internal') wrong.push(`It ended without a reason: ${end}`)
    if (/defect of the studio|    at /.test(world.said)) wrong.push(`The studio printed: ${world.said}`)
  } catch (cause) {
    wrong.push(cause instanceof Error ? cause.message : String(cause))
  } finally {
    await world.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return {
    seed,
    faults,
    end,
    takenAway: world.takenAway.size,
    slowestTruthMs: world.slowestTruthMs,
    durationMs: performance.now() - from,
    wrong,
  }
}

const isSettled = ({ status }: Run): boolean => status !== 'running' && status !== 'queued'

/** A run without a process is not said to run. */
async function checkTruth(world: World, wrong: string[]): Promise<void> {
  if (world.trainer() !== undefined) return
  const from = performance.now()
  const { attempt } = await world.run()
  // A queued run may start at any time: then it has a process.
  const run = await world.until((now) => now.status !== 'running' || world.trainer() !== undefined)
  world.slowestTruthMs = Math.max(world.slowestTruthMs, performance.now() - from)
  if (performance.now() - from > truthMs)
    wrong.push(`Attempt ${attempt} was said to run for ${Math.round(performance.now() - from)} ms without a process.`)
  checkNumbers(run, wrong)
}

function checkNumbers(run: Run, wrong: string[]): void {
  const { durationMs, remainingMs } = run
  if (durationMs < 0 || durationMs > 600_000) wrong.push(`It says that it computed for ${durationMs} ms.`)
  if (remainingMs !== null && (remainingMs < 0 || remainingMs > 600_000))
    wrong.push(`It says that ${remainingMs} ms are left.`)
}

async function bringOn(world: World): Promise<void> {
  const run = await world.run()
  if (run.status === 'interrupted' || run.status === 'stopped' || run.status === 'failed') await world.ask('resume')
}

async function toEnd(world: World): Promise<Run> {
  for (let resumes = 0; ; resumes++) {
    const run = await world.until(isSettled)
    if (run.status === 'finished' || run.status === 'missing' || resumes === maxResumes) return run
    if (run.error?.code === 'checkpoint-invalid') return run
    await world.ask('resume')
  }
}

/** How a finished run differs from an undisturbed one. */
async function differences(world: World, run: Run): Promise<string[]> {
  const wrong: string[] = []
  checkNumbers(run, wrong)
  const { losses, last } = undisturbed()
  const points = await world.points()
  for (let step = 1; step <= toySteps; step++) {
    const value = points.get(step)
    if (value === undefined && !world.takenAway.has(step)) wrong.push(`The point of step ${step} is missing.`)
    if (value !== undefined && value !== losses[step - 1]) wrong.push(`The point of step ${step} is ${value}.`)
  }
  if (points.size > toySteps) wrong.push(`There are ${points.size} points.`)
  const found = await newestCheckpoint(world.folder, () => undefined)
  if (found === undefined || found.card.step !== toySteps) return [...wrong, 'The last checkpoint is missing.']
  const { parameters, firstMoments } = await readTrainingState(found.folder)
  const isSame =
    Buffer.from(last.weights.buffer).equals(bytesOf(parameters['w']?.data)) &&
    Buffer.from(last.moments.buffer).equals(bytesOf(firstMoments['w']?.data))
  return isSame ? wrong : [...wrong, 'The weights differ from those of an undisturbed run.']
}

const bytesOf = (data: Float32Array | Int32Array | undefined): Buffer =>
  data === undefined ? Buffer.alloc(0) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
