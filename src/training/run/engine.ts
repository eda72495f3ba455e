import { toStudioError, StudioError } from '#contract/api/errors.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import type { RunFile } from '#contract/domain/run.ts'
import type { Engine } from '../engine/program/engine.ts'
import { createEngine } from '../selection/create-engine.ts'
import type { Recorder } from './recorder.ts'
import { holdsCheckpoints } from './starting-point.ts'

type Started = Extract<RunEvent, { type: 'started' }>

/**
 * Opens the engine of a run. A run that resumes from a checkpoint keeps its engine, even if `auto` would choose another one now, because
 * results of two engines differ in the last bits.
 * @throws StudioError `engine-unavailable` if that engine is no longer present
 */
export async function openEngine(
  folder: string,
  { general }: RunFile,
  attempts: readonly Started[],
  recorder: Recorder,
): Promise<Engine> {
  const warn = (message: string) => recorder.log(message, 'warning')
  const previous = holdsCheckpoints(folder) ? attempts.at(-1) : undefined
  const engine = await open(general, previous, warn, (message) => recorder.log(message))
  if (previous !== undefined && previous.engine !== engine.description) {
    warn(
      `Resuming with "${engine.description}". Earlier steps used "${previous.engine}", so results may differ in the last bits.`,
    )
  }
  return engine
}

async function open(
  general: RunFile['general'],
  previous: Started | undefined,
  warn: (message: string) => void,
  say: (message: string) => void,
): Promise<Engine> {
  const { workers, precision, tf32 } = general
  if (general.engine !== 'auto' || previous?.engineName === undefined)
    return createEngine(general.engine, { workers, precision, tf32, onPassedOver: warn, onChosen: say })
  try {
    return await createEngine(previous.engineName, { workers, precision, tf32 })
  } catch (cause) {
    const { code, message } = toStudioError(cause)
    throw new StudioError(
      code,
      `This run can only resume with its engine '${previous.engineName}'. ${message}`,
      'Make that engine available again and resume, or launch the stage again.',
      { cause },
    )
  }
}
