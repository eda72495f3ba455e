import { toStudioError, StudioError } from '#contract/api/errors.ts'
import type { EngineChoice } from '#contract/domain/engine.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { formatQuantity } from '#contract/format.ts'
import { threadsOfProcess } from '#node/thread-share.ts'
import { cardNumbers, queryVisibleCards } from '#node/visible-cards.ts'
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
  const { workers, precision, tf32, cards } = general
  const name = general.engine === 'auto' ? previous?.engineName : general.engine
  const devices = await devicesOf(name ?? 'auto', cards)
  const options = { workers, precision, tf32, devices, threads: threadsOfProcess() }
  try {
    const engine =
      name === undefined
        ? await createEngine('auto', { ...options, onPassedOver: warn, onChosen: say })
        : await createEngine(name, options)
    if (cards > 1 && engine.name !== 'onnx-cuda')
      warn(`general.cards is ${cards}, but the engine ${engine.name} computes on one device.`)
    return engine
  } catch (cause) {
    if (previous === undefined || name === undefined) throw cause
    const { code, message } = toStudioError(cause)
    throw new StudioError(
      code,
      `This run can only resume with its engine '${name}'. ${message}`,
      'Make that engine available again and resume, or launch the stage again.',
      { cause },
    )
  }
}

/**
 * Numbers of the visible cards that the run computes on.
 * @throws StudioError `engine-unavailable` if there are fewer than it was launched with
 */
async function devicesOf(engine: EngineChoice, cards: number): Promise<number[]> {
  const given = process.env[cardNumbers]
  if (given !== undefined) return given.split(',').map(Number)
  const devices = Array.from({ length: cards }, (_, number) => number)
  if (cards === 1 || (engine !== 'auto' && engine !== 'onnx-cuda')) return devices
  const { all, visible } = await queryVisibleCards()
  if (visible.cards.length >= cards) return devices
  const found = visible.cards.length === 0 ? 'no NVIDIA card' : `only ${formatQuantity(visible.cards.length, 'card')}`
  throw new StudioError(
    'engine-unavailable',
    `This run computes on ${cards} graphics cards (general.cards), and on this machine it sees ${found}.${[
      all.problem,
      visible.problem,
    ]
      .flatMap((problem) => problem ?? [])
      .map((problem) => ` ${problem}`)
      .join('')}`,
    'Resume it on a machine with enough cards, or launch the stage again with fewer: another number changes results in the last bits.',
  )
}
