import { availableParallelism } from 'node:os'
import { StudioError } from '#contract/api/errors.ts'
import {
  engineNames,
  halfPrecisionEngines,
  type EngineChoice,
  type EngineName,
  type EngineTrial,
  type Precision,
} from '#contract/domain/engine.ts'
import { complaints, describeChoice, fastest } from '../selection/choose.ts'
import { trialsForChoice } from '../selection/survey.ts'
import { openParallel } from './collective/parallel-engine.ts'
import { openEager } from './eager/eager-engine.ts'
import type { Engine } from './engine.ts'
import { installCommands, reasonOf } from './list-engines.ts'
import { openOnnx } from './onnx/onnx-engine.ts'
import { isOnnxName } from './onnx/providers.ts'
import { noHalfPrecision } from './onnx/providers/precision.ts'

export interface EngineOptions {
  /** Threads of the compiled engine; as many as the machine runs at once when left out. */
  readonly threads?: number
  /** Which of several graphics cards, counted from 0, where the engine can choose. */
  readonly device?: number
  /** Parts into which the compiled engine on the CPU cuts each batch, to compute them side by side; 1 when left out. Other engines compute a batch as a whole. */
  readonly workers?: number
  /** Numbers that products of matrices are computed with; float32 when left out. */
  readonly precision?: Precision
  /** Whether `float16` may be imitated by an engine that it makes slower, to check it; otherwise such an engine refuses. */
  readonly mayImitate?: boolean
  /** Told, for `auto`, which engine should have worked here and does not, and why. */
  readonly onPassedOver?: (message: string) => void
  /** Told, for `auto`, in one line which engine it took and why. */
  readonly onChosen?: (message: string) => void
}

/**
 * Opens the engine chosen, or for `auto` the fastest that works on this machine: found by trying all of them once (`choice/`), and remembered.
 * Throws a `StudioError` with the reason when the engine chosen is not present or has not that precision, or none works.
 */
export function createEngine(choice: EngineChoice, options: EngineOptions = {}): Promise<Engine> {
  return choice === 'auto' ? openFastest(options, false) : open(choice, options)
}

async function openFastest(options: EngineOptions, again: boolean): Promise<Engine> {
  const { threads, onPassedOver: warn = () => {}, onChosen } = options
  const all = await trialsForChoice({ threads, warn, again })
  const trials = inPrecision(all, options)
  const chosen = fastest(trials)
  if (chosen === undefined && trials.length < all.length) throw noneInHalfPrecision(trials)
  if (chosen === undefined)
    throw new StudioError(
      'engine-unavailable',
      describeChoice(trials),
      'See what each of them says: npm run -s studio -- engines',
    )
  try {
    const engine = await open(chosen.name, options)
    for (const complaint of complaints(trials)) warn(complaint)
    onChosen?.(describeChoice(trials))
    return engine
  } catch (cause) {
    if (again) throw cause
    warn(`${reasonOf(cause)} It worked when it was last tried; all engines are tried again.`)
    return openFastest(options, true)
  }
}

/** The trials of engines that may be taken for a precision. */
function inPrecision(
  trials: EngineTrial[],
  { precision = 'float32', mayImitate = false }: EngineOptions,
): EngineTrial[] {
  return precision === 'float32' || mayImitate
    ? trials
    : trials.filter(({ name }) => halfPrecisionEngines.includes(name))
}

function noneInHalfPrecision(trials: readonly EngineTrial[]): StudioError {
  const reasons = trials.map(({ name, reason, device }) => `${name}: ${reason === '' ? device : reason}`).join(' ')
  return new StudioError(
    'configuration-invalid',
    `general.precision: half precision needs a graphics card, and no engine that computes on one works here. ${reasons}`,
    'Set general.precision to float32, or see what each engine says: npm run -s studio -- engines',
  )
}

async function open(
  name: EngineName,
  { threads = availableParallelism(), device = 0, workers = 1, precision = 'float32', mayImitate }: EngineOptions,
): Promise<Engine> {
  try {
    // The workers compute in float32 alone.
    if (name === 'onnx-cpu' && workers > 1 && precision === 'float32') return await openParallel(workers, threads)
    if (isOnnxName(name)) return await openOnnx(name, { threads, deviceId: device, precision, mayImitate })
    if (precision !== 'float32') throw noHalfPrecision(name)
    return await openEager(name)
  } catch (cause) {
    if (cause instanceof StudioError && cause.code === 'configuration-invalid') throw cause
    const command = installCommands[name]
    const others = engineNames.filter((other) => other !== name).join(', ')
    const hint =
      command === ''
        ? `Choose another engine: auto, ${others}.`
        : `Install it with: ${command}, or choose another engine: auto, ${others}.`
    throw new StudioError('engine-unavailable', `The engine '${name}' is not present: ${reasonOf(cause)}`, hint, {
      cause,
    })
  }
}
