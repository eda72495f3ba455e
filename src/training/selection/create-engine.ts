import { StudioError } from '#contract/api/errors.ts'
import { traitsOf, type EngineChoice, type EngineTrial, type Precision } from '#contract/domain/engine.ts'
import { reasonOf } from '../engine/list-engines.ts'
import { openEngine, type EngineOptions } from '../engine/open-engine.ts'
import type { Engine } from '../engine/program/engine.ts'
import { warningsOf, describeChoice, fastest } from './choose.ts'
import { trialsForAuto } from './engine-trials.ts'

export interface ChoiceOptions extends EngineOptions {
  /** For `auto`: receives a sentence for each engine that should work on this machine and does not. */
  readonly onPassedOver?: (message: string) => void
  /** For `auto`: receives one line that names the chosen engine and the reason. */
  readonly onChosen?: (message: string) => void
}

/**
 * Opens the chosen engine. `auto` is the fastest one that works on this machine; engines are tried once and the result is cached.
 * @throws StudioError `engine-unavailable` if the engine is not present or none works, `configuration-invalid` if none supports the precision.
 */
export function createEngine(choice: EngineChoice, options: ChoiceOptions = {}): Promise<Engine> {
  return choice === 'auto' ? openFastest(options, false) : openEngine(choice, options)
}

async function openFastest(options: ChoiceOptions, again: boolean): Promise<Engine> {
  const { threads, onPassedOver: warn = () => {}, onChosen } = options
  const all = await trialsForAuto({ threads, warn, again })
  const trials = inPrecision(all, options)
  const chosen = fastest(trials)
  if (chosen === undefined && trials.length < all.length) throw noneInPrecision(options.precision, trials)
  if (chosen === undefined)
    throw new StudioError(
      'engine-unavailable',
      describeChoice(trials),
      'See the reason for each engine: npm run -s studio -- engine list',
    )
  try {
    const engine = await openEngine(chosen.name, options)
    for (const warning of warningsOf(trials)) warn(warning)
    onChosen?.(describeChoice(trials))
    return engine
  } catch (cause) {
    if (again) throw cause
    warn(`${reasonOf(cause)} It worked when it was last tried. All engines are tried again.`)
    return openFastest(options, true)
  }
}

/** The trials of engines that support a precision. */
function inPrecision(
  trials: EngineTrial[],
  { precision = 'float32', mayImitate = false }: ChoiceOptions,
): EngineTrial[] {
  return precision === 'float32' || mayImitate
    ? trials
    : trials.filter(({ name }) => traitsOf(name).precisions.includes(precision))
}

function noneInPrecision(precision: Precision | undefined, trials: readonly EngineTrial[]): StudioError {
  const reasons = trials.map(({ name, reason, device }) => `${name}: ${reason === '' ? device : reason}`).join(' ')
  return new StudioError(
    'configuration-invalid',
    `general.precision: ${precision} needs a graphics card, and no engine that computes in it works on this machine. ${reasons}`,
    'Set general.precision to float32, or see the reason for each engine: npm run -s studio -- engine list',
  )
}
