import { availableParallelism } from 'node:os'
import {
  engineNames,
  traitsOf,
  type EngineName,
  type EngineTrial,
  type EngineVerdict,
} from '#contract/domain/engine.ts'
import { fastest, isComplete, isSound, judge } from './choose.ts'
import { TrialMemory } from './trial-cache.ts'
import { tryEngines, type TrialSettings } from './try-engines.ts'

export interface SurveyOptions {
  /** Engines to report; all when left out. */
  readonly names?: readonly EngineName[]
  /** Tries them though they are remembered. */
  readonly again?: boolean
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onTrying?: (name: EngineName) => void
  /** Hears what is odd, but stops nothing. */
  readonly warn?: (message: string) => void
}

/** Every engine asked for: whether it is present, what its self-test and its timed step gave, and what `auto` makes of it. Tries those of which nothing is remembered. */
export async function surveyEngines({ names = engineNames, again = false, ...settings }: SurveyOptions = {}): Promise<
  EngineVerdict[]
> {
  const trials = new Trials(settings, again)
  await trials.ensure(names, 'all')
  return judge(trials.known(), trials.triedAt).filter(({ name }) => names.includes(name))
}

/**
 * What was found out about the engines that `auto` can take: all that use libraries of this system, and where none of them can be timed the fallbacks
 * as well.
 */
export async function trialsForChoice({ again = false, ...settings }: Omit<SurveyOptions, 'names'> = {}): Promise<
  EngineTrial[]
> {
  const trials = new Trials(settings, again)
  await trials.ensure(
    engineNames.filter((name) => !traitsOf(name).isFallback),
    'likely',
  )
  if (!trials.known().some((trial) => isSound(trial) && trial.secondsPerStep !== null))
    await trials.ensure(engineNames, 'likely')
  return trials.known()
}

/** The trials known so far, from the memory and from trying. */
class Trials {
  readonly #settings: Omit<SurveyOptions, 'names' | 'again'>
  readonly #threads: number
  readonly #memory: TrialMemory
  readonly #trials: Map<EngineName, EngineTrial>
  triedAt: string

  constructor(settings: Omit<SurveyOptions, 'names' | 'again'>, again: boolean) {
    this.#settings = settings
    this.#threads = settings.threads ?? availableParallelism()
    this.#memory = new TrialMemory(this.#threads, settings.warn ?? (() => {}))
    const remembered = again ? undefined : this.#memory.read()
    this.#trials = new Map(remembered?.trials.map((trial) => [trial.name, trial]))
    this.triedAt = remembered?.triedAt ?? new Date().toISOString()
  }

  /** In the contract's order. */
  known(): EngineTrial[] {
    return engineNames.flatMap((name) => this.#trials.get(name) ?? [])
  }

  /** Tries those of which nothing is known yet, or not all. */
  async ensure(names: readonly EngineName[], extent: TrialSettings['extent']): Promise<void> {
    const unknown = names.filter((name) => {
      const trial = this.#trials.get(name)
      return trial === undefined || (extent === 'all' && !isComplete(trial))
    })
    if (unknown.length === 0) return
    const { signal, onTrying } = this.#settings
    const trials = await tryEngines(unknown, {
      threads: this.#threads,
      extent,
      signal,
      ...(onTrying === undefined ? {} : { onTrying }),
    })
    for (const trial of trials) this.#trials.set(trial.name, trial)
    this.triedAt = new Date().toISOString()
    this.#memory.write({ triedAt: this.triedAt, trials: this.#worthRemembering() })
  }

  /** Beside an engine that works, a failure is remembered as well; where only a fallback works it may be a passing one, and runs would stay slow for it. */
  #worthRemembering(): EngineTrial[] {
    const chosen = fastest(this.known())
    const isGood = chosen !== undefined && !traitsOf(chosen.name).isFallback
    return this.known().filter((trial) => isGood || isSound(trial))
  }
}
