import { availableParallelism } from 'node:os'
import {
  engineNames,
  traitsOf,
  type EngineName,
  type EngineTrial,
  type EngineVerdict,
} from '#contract/domain/engine.ts'
import { fastest, isComplete, isSound, verdictsOf } from './choose.ts'
import { TrialCache } from './trial-cache.ts'
import { tryEngines, type TrialSettings } from './try-engines.ts'

export interface TrialOptions {
  /** Engines to report; all by default. */
  readonly names?: readonly EngineName[]
  /** Ignores cached trials. */
  readonly again?: boolean
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onTrying?: (name: EngineName) => void
  /** Receives problems with the cache, which stop nothing. */
  readonly warn?: (message: string) => void
}

/** The trial of each requested engine, with the decision of `auto`. Tries engines that are not cached. */
export async function engineVerdicts({ names = engineNames, again = false, ...settings }: TrialOptions = {}): Promise<
  EngineVerdict[]
> {
  const trials = new Trials(settings, again)
  await trials.ensure(names, 'all')
  return verdictsOf(trials.known(), trials.triedAt).filter(({ name }) => names.includes(name))
}

/**
 * The trials among which `auto` chooses: those of engines with a native library, and if none of them can be timed those of the fallbacks as well.
 */
export async function trialsForAuto({ again = false, ...settings }: Omit<TrialOptions, 'names'> = {}): Promise<
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

/** The trials so far, from the cache and from trying. */
class Trials {
  readonly #settings: Omit<TrialOptions, 'names' | 'again'>
  readonly #threads: number
  readonly #cache: TrialCache
  readonly #trials: Map<EngineName, EngineTrial>
  triedAt: string

  constructor(settings: Omit<TrialOptions, 'names' | 'again'>, again: boolean) {
    this.#settings = settings
    this.#threads = settings.threads ?? availableParallelism()
    this.#cache = new TrialCache(this.#threads, settings.warn ?? (() => {}))
    const cached = again ? undefined : this.#cache.read()
    this.#trials = new Map(cached?.trials.map((trial) => [trial.name, trial]))
    this.triedAt = cached?.triedAt ?? new Date().toISOString()
  }

  /** In the order of `engineNames`. */
  known(): EngineTrial[] {
    return engineNames.flatMap((name) => this.#trials.get(name) ?? [])
  }

  /** Tries engines without a trial, or without a complete one if `extent` is `all`. */
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
    this.#cache.write({ triedAt: this.triedAt, trials: this.#worthCaching() })
  }

  /** Failures are cached only if an engine that is not a fallback works: they may be temporary, and runs would stay slow. */
  #worthCaching(): EngineTrial[] {
    const chosen = fastest(this.known())
    const isGood = chosen !== undefined && !traitsOf(chosen.name).isFallback
    return this.known().filter((trial) => isGood || isSound(trial))
  }
}
