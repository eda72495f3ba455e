import { toStudioError, StudioError } from '#contract/api/errors.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import type { RunFile } from '#contract/domain/run.ts'
import type { Engine } from '../engine/program/engine.ts'
import { createEngine } from '../selection/create-engine.ts'
import type { Recorder } from './recorder.ts'
import { holdsCheckpoints } from './starting-point.ts'

type Started = Extract<RunEvent, { type: 'started' }>

/**
 * Opens the engine of a run. One that goes on from a checkpoint keeps the engine that it had before, also where `auto` would take
 * another now: the bits of two engines differ.
 * @throws StudioError `engine-unavailable` where that engine is not there any more.
 */
export async function openEngine(
  folder: string,
  { general }: RunFile,
  attempts: readonly Started[],
  recorder: Recorder,
): Promise<Engine> {
  const warn = (message: string) => recorder.log(message, 'warning')
  const former = holdsCheckpoints(folder) ? attempts.at(-1) : undefined
  const engine = await open(general, former, warn, (message) => recorder.log(message))
  if (former !== undefined && former.engine !== engine.description) {
    warn(
      `This run goes on with "${engine.description}" and was computed with "${former.engine}" before: the last digits of its numbers may differ from those of a run that was never interrupted.`,
    )
  }
  return engine
}

async function open(
  general: RunFile['general'],
  former: Started | undefined,
  warn: (message: string) => void,
  say: (message: string) => void,
): Promise<Engine> {
  const { workers, precision } = general
  if (general.engine !== 'auto' || former?.engineName === undefined)
    return createEngine(general.engine, { workers, precision, onPassedOver: warn, onChosen: say })
  try {
    return await createEngine(former.engineName, { workers, precision })
  } catch (cause) {
    const { code, message } = toStudioError(cause)
    throw new StudioError(
      code,
      `This run was begun with the engine '${former.engineName}' and has to go on with it. ${message}`,
      'Make that engine work again and resume, or launch the stage anew: another engine would not give the same numbers.',
      { cause },
    )
  }
}
