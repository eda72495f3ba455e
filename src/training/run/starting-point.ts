import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { EarlyStoppingState } from '#contract/domain/early-stopping.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import { checkpointId } from '#contract/domain/model-ref.ts'
import { runFiles } from '#contract/layout.ts'
import { readTrainingState } from '../checkpoint/checkpoints.ts'
import { newestCheckpoint } from '../checkpoint/find.ts'
import type { TrainingState } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { requireFiniteWeights } from '../model/finite-weights.ts'
import type { Metrics, TrainingStage } from '../stages/stage.ts'

/** Where a run starts: initial weights at step 0, or the state of a checkpoint. */
export interface StartingPoint {
  readonly step: number
  /** What the validations up to this step mean for early stopping. */
  readonly earlyStopping: EarlyStoppingState | undefined
  /** Whether the validation of this step is still to be done; `metrics` are those of its checkpoint. */
  readonly isValidationDue: boolean
  readonly metrics: Metrics
  /** The card of its checkpoint. */
  readonly card: CheckpointCard | undefined
  /** Returns the state, once. A kept reference pins memory that the session already copied. */
  takeState(): TrainingState
}

/**
 * The newest intact checkpoint of a run, or initial weights with zero moments if it has no checkpoint.
 * @throws StudioError `checkpoint-invalid` if all its checkpoints are damaged, because starting again would hide the loss, or if the
 *   newest one has weights that are NaN or infinite
 */
export async function startingPoint(
  folder: string,
  stage: TrainingStage,
  warn: (message: string) => void,
  signal?: AbortSignal,
): Promise<StartingPoint> {
  const found = await newestCheckpoint(folder, warn, signal)
  if (found !== undefined) {
    const state = await readTrainingState(found.folder, signal)
    const { card } = found
    requireFiniteWeights(checkpointId(card.runId, card.step), state.parameters)
    return startAt(card.step, state, card)
  }
  if (holdsCheckpoints(folder)) {
    throw new StudioError(
      'checkpoint-invalid',
      `Every checkpoint of the run ${basename(folder)} is damaged.`,
      'Restore one from a backup, or remove its folder checkpoints to start this run again.',
    )
  }
  return startAt(0, initialState(stage.initialParameters, stage.program.groups))
}

function startAt(step: number, state: TrainingState, card?: CheckpointCard): StartingPoint {
  let held: TrainingState | undefined = state
  return {
    step,
    card,
    earlyStopping: card?.earlyStopping,
    isValidationDue: card?.isValidationDue === true,
    metrics: Object.fromEntries(
      Object.entries(card?.metrics ?? {}).map(([name, value]) => [name, decodeMetric(value)]),
    ),
    takeState() {
      if (held === undefined) throw new Error('The state of a starting point can be taken once.')
      const taken = held
      held = undefined
      return taken
    },
  }
}

/** The step of the newest checkpoint, intact or not; 0 if there is none. */
export function newestSavedStep(folder: string): number {
  const parent = join(folder, runFiles.checkpoints)
  const names = existsSync(parent) ? readdirSync(parent) : []
  return Math.max(0, ...names.map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0)))
}

/** Whether a run has checkpoints, intact or not. */
export function holdsCheckpoints(folder: string): boolean {
  const parent = join(folder, runFiles.checkpoints)
  return existsSync(parent) && readdirSync(parent).some((name) => !name.startsWith('.'))
}
