import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { runFiles } from '#contract/layout.ts'
import { readTrainingState } from '../checkpoint/checkpoints.ts'
import { newestCheckpoint } from '../checkpoint/find.ts'
import type { TrainingState } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import type { TrainingStage } from '../stages/stage.ts'
import type { StartingPoint } from './train.ts'

/**
 * The run's newest whole checkpoint, or fresh weights with moments of zero where it has none.
 * @throws StudioError `checkpoint-invalid` where it has some and none is whole: to begin anew would hide the loss.
 */
export async function startingPoint(
  folder: string,
  stage: TrainingStage,
  warn: (message: string) => void,
): Promise<StartingPoint> {
  const found = await newestCheckpoint(folder, warn)
  if (found !== undefined) return startAt(found.card.step, await readTrainingState(found.folder))
  if (holdsCheckpoints(folder)) {
    throw new StudioError(
      'checkpoint-invalid',
      `Every checkpoint of the run ${basename(folder)} is damaged.`,
      'Restore one from a backup, or remove its folder checkpoints to begin this run anew.',
    )
  }
  return startAt(0, initialState(stage.initialParameters, stage.program.groups))
}

function startAt(step: number, state: TrainingState): StartingPoint {
  let held: TrainingState | undefined = state
  return {
    step,
    takeState() {
      if (held === undefined) throw new Error('The state of a starting point has been taken already.')
      const taken = held
      held = undefined
      return taken
    },
  }
}

/** Whether a run has anything to go on from. */
export function holdsCheckpoints(folder: string): boolean {
  const parent = join(folder, runFiles.checkpoints)
  return existsSync(parent) && readdirSync(parent).some((name) => !name.startsWith('.'))
}
