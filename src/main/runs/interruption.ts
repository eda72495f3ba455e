import type { ErrorReport } from '#contract/api/errors.ts'
import { type MemorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import { isKilled } from '#contract/domain/run-state.ts'
import { formatBytes } from '#contract/format.ts'
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
/** A disk with less is full: a process could not write its last words either. */
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
      hint: `${memoryHint(settings())}${resume}`,
    }
  }
  if (freeBytes !== undefined && freeBytes < fullBytes)
    return {
      code: 'disk-full',
      message: `The process of ${runId} ended without a result (${exit ?? 'it disappeared'}) at step ${step}, and its disk is full (${formatBytes(freeBytes)} left).`,
      hint: `Free some space. ${resume}`,
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

const memoryHint = (settings: MemorySettings | undefined): string =>
  settings === undefined
    ? ''
    : `To use less memory, launch a new pipeline with other settings: ${waysToSaveMemory(settings)} `
