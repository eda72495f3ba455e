import { type ErrorReport, systemLimit } from '#contract/api/errors.ts'
import { type MemorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import { unrecordedEnds } from '#contract/domain/run-event.ts'
import { isKilled } from '#contract/domain/run-state.ts'
import { formatBytes } from '#contract/format.ts'
import { describeAddressSpaceLimit } from '#node/address-space.ts'
import { outOfMemoryLine } from '../executors/memory-exhaustion.ts'

interface Interruption {
  runId: string
  step: number
  /** Number of its checkpoints. */
  checkpoints: number
  /** How the process ended, if the studio saw it. */
  exit: string | null
  /** Bytes left on the disk of the run; undefined if the system does not say. */
  freeBytes?: number | undefined
  /** Last lines of the process's output. */
  output: readonly string[]
  /** Settings that its memory depends on; read only if memory may be the cause. */
  settings: () => MemorySettings | undefined
}

const shownLines = 10
/** A disk with less free space counts as full, because the process could not write its error either. */
const fullBytes = 2 ** 20

/** The error of a run whose process ended without writing a result. */
export function describeInterruption({
  runId,
  step,
  checkpoints,
  exit,
  freeBytes,
  output,
  settings,
}: Interruption): ErrorReport {
  const resume =
    checkpoints > 0
      ? 'Resume the run to continue from its last checkpoint.'
      : 'The run has no checkpoint: if it is resumed, it begins again.'
  const last = exit === null ? undefined : outOfMemoryLine(exit, output)
  if (last !== undefined) {
    return {
      code: 'out-of-memory',
      message: `The process of ${runId} ran out of memory (${exit}) at step ${step}: ${last}`,
      hint: `${limitHint()}${memoryHint(settings())}${resume}`,
    }
  }
  if (freeBytes !== undefined && freeBytes < fullBytes)
    return {
      code: 'disk-full',
      message: `The process of ${runId} ended without a result (${exit ?? 'it disappeared'}) at step ${step}, and its disk is full (${formatBytes(freeBytes)} left).`,
      hint: `Free some space. ${resume}`,
    }
  const unrecorded = exit === null ? undefined : unrecordedEnd(exit)
  if (unrecorded !== undefined)
    return {
      code: unrecorded.code,
      message: `The process of ${runId} ended at step ${step} because ${unrecorded.problem}, so that it could not record how it ended.`,
      hint: `${unrecorded.hint} ${resume}`,
    }
  const limit = exit === null ? undefined : output.map((line) => systemLimit(new Error(line))).find(Boolean)
  if (limit !== undefined)
    return {
      code: 'system-limit',
      message: `The process of ${runId} ended at step ${step} (${exit}). ${limit.problem}`,
      hint: limit.hint,
    }
  const tail = output.length === 0 ? '' : ` Its last lines:\n${output.slice(-shownLines).join('\n')}`
  const ending = exit === null ? 'disappeared without a result' : `ended without a result (${exit})`
  const killedHint =
    exit !== null && isKilled(exit)
      ? `The process was killed, which systems often do when memory runs out. ${memoryHint(settings())}`
      : ''
  return {
    code: 'run-failed',
    message: `The process of ${runId} ${ending} at step ${step}.${tail}`,
    hint: `${killedHint}${resume}`,
  }
}

/** Runs inherit the limits of the studio. */
function limitHint(): string {
  const limit = describeAddressSpaceLimit()
  return limit === undefined ? '' : `${limit} `
}

const unrecordedProblems = {
  'workspace-read-only': { problem: 'its folder cannot be written', hint: 'Make the workspace writable.' },
  'disk-full': { problem: 'the disk is full', hint: 'Free some space.' },
} as const satisfies Record<keyof typeof unrecordedEnds, { problem: string; hint: string }>

/** What the exit code of a process says that could not record its end. */
function unrecordedEnd(exit: string) {
  for (const code of ['workspace-read-only', 'disk-full'] as const)
    if (exit === `exit code ${unrecordedEnds[code]}`) return { code, ...unrecordedProblems[code] }
  return undefined
}

const memoryHint = (settings: MemorySettings | undefined): string =>
  settings === undefined
    ? ''
    : `To use less memory, launch a new pipeline with other settings: ${waysToSaveMemory(settings)} `
