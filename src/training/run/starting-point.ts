import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { EarlyStoppingState } from '#contract/domain/early-stopping.ts'
import { checkpointId } from '#contract/domain/model-ref.ts'
import { runFiles } from '#contract/layout.ts'
import { readTrainingState } from '../checkpoint/checkpoints.ts'
import { newestCheckpoint } from '../checkpoint/find.ts'
import type { TrainingState } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { requireFiniteWeights } from '../model/finite-weights.ts'
import type { TrainingStage } from '../stages/stage.ts'

/** Where a run starts: initial weights at step 0, or the state of a checkpoint. */
export interface StartingPoint {
  readonly step: number
  /** What the validations up to this step mean for early stopping. */
  readonly earlyStopping: EarlyStoppingState | undefined
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
): Promise<StartingPoint> {
  const found = await newestCheckpoint(folder, warn)
  if (found !== undefined) {
    const state = await readTrainingState(found.folder)
    requireFiniteWeights(checkpointId(found.card.runId, found.card.step), state.parameters)
    return startAt(found.card.step, state, found.card.earlyStopping)
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

function startAt(step: number, state: TrainingState, earlyStopping?: EarlyStoppingState): StartingPoint {
  let held: TrainingState | undefined = state
  return {
    step,
    earlyStopping,
    takeState() {
      if (held === undefined) throw new Error('The state of a starting point can be taken once.')
      const taken = held
      held = undefined
      return taken
    },
  }
}

/** Whether a run has checkpoints, intact or not. */
export function holdsCheckpoints(folder: string): boolean {
  const parent = join(folder, runFiles.checkpoints)
  return existsSync(parent) && readdirSync(parent).some((name) => !name.startsWith('.'))
}
