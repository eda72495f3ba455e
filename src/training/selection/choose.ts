import {
  engineNames,
  traitsOf,
  type EngineName,
  type EngineReport,
  type EngineTrial,
  type EngineVerdict,
} from '#contract/domain/engine.ts'

/** Time for the timed steps of a trial. An engine that does not finish one step in this time is not timed. */
export const timeLimitMs = 3000

/** Whether the graphics card of an engine is a software renderer. */
export const isSoftwareCard = ({ name, device }: EngineReport): boolean =>
  traitsOf(name).device === 'graphics card' && device.startsWith('CPU')

/** Whether the engine was tried as far as possible. */
export const isComplete = ({ isPresent, selfTest }: EngineTrial): boolean => !isPresent || selfTest !== null

/** Whether an engine works on this machine. */
export const isSound = ({ selfTest }: EngineTrial): boolean => selfTest?.passed === true

/** The engine that `auto` chooses: the fastest that passed its self-test. */
export function fastest(trials: readonly EngineTrial[]): EngineTrial | undefined {
  return ranked(trials)[0]
}

/** The decision of `auto` on each engine. */
export function verdictsOf(trials: readonly EngineTrial[], triedAt: string): EngineVerdict[] {
  const [chosen, next] = ranked(trials)
  return trials.map((trial) => ({
    ...trial,
    isChosen: trial === chosen,
    verdict: trial === chosen ? `Chosen by auto: ${speedOf(trial, next)}.` : `${whyNot(trial, chosen)}.`,
    triedAt,
  }))
}

/** One line for the log of a run: the chosen engine, its speed, and why the others were not chosen. */
export function describeChoice(trials: readonly EngineTrial[]): string {
  const [chosen, next] = ranked(trials)
  if (chosen === undefined) return 'No engine works on this machine.'
  const others = trials
    .filter((trial) => trial !== chosen && trial !== next)
    .map((trial) => `${trial.name}: ${briefly(trial)}`)
  return (
    [`auto chose ${chosen.name}: ${speedOf(chosen, next)}`, ...others]
      .map((clause) => clause.replace(/\.$/, ''))
      .join('; ') + '.'
  )
}

/** Warnings about engines that should have been chosen: they are present and fail, or come with the studio and cannot be loaded. */
export function warningsOf(trials: readonly EngineTrial[]): string[] {
  const chosen = fastest(trials)
  const end = chosen === undefined ? engineNames.length : engineNames.indexOf(chosen.name)
  return trials.flatMap((trial) => {
    if (isSound(trial) || !isComplete(trial) || engineNames.indexOf(trial.name) > end) return []
    if (trial.isPresent) return [`The engine '${trial.name}' was skipped: ${trial.selfTest?.sentence ?? trial.reason}`]
    return comesWithStudio(trial.name)
      ? [
          `The engine '${trial.name}' is not present: ${trial.reason}${chosen === undefined ? '' : ` Using the slower engine '${chosen.name}' instead.`}`,
        ]
      : []
  })
}

const comesWithStudio = (name: EngineName): boolean => traitsOf(name).device === 'processor'

/**
 * Engines that passed, best first. A fallback comes after every timed engine, even if its own time is shorter: it cannot be faster, so the
 * machine was busy with something else.
 */
function ranked(trials: readonly EngineTrial[]): EngineTrial[] {
  return trials.filter(isSound).toSorted((a, b) => compare(rankOf(a), rankOf(b)))
}

const rankOf = ({ name, secondsPerStep }: EngineTrial): number[] => [
  secondsPerStep === null ? 1 : 0,
  traitsOf(name).isFallback ? 1 : 0,
  secondsPerStep ?? 0,
  engineNames.indexOf(name),
]

/** Compares two lists by the first element that differs. */
function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at])
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0)
}

const notTried = 'its graphics card is a software renderer'

function whyNot(trial: EngineTrial, chosen: EngineTrial | undefined): string {
  if (!trial.isPresent) return 'Not present'
  if (!isComplete(trial)) return `Not chosen: ${notTried}`
  if (!isSound(trial)) return 'Not chosen: it fails its self-test'
  const comparison =
    trial.secondsPerStep !== null && chosen !== undefined
      ? `; ${chosen.name} takes ${durationOf(chosen.secondsPerStep)}`
      : ''
  return `Not chosen: ${timeOf(trial)}${comparison}`
}

function speedOf(trial: EngineTrial, next: EngineTrial | undefined): string {
  if (next === undefined) return timeOf(trial)
  if (trial.secondsPerStep === null || next.secondsPerStep === null)
    return `${timeOf(trial)}, ${next.name} ${timeOf(next)}`
  return `${timeOf(trial)}, ${timesAsFast(next.secondsPerStep / trial.secondsPerStep)} ${next.name}`
}

const timesAsFast = (ratio: number): string =>
  ratio < 1.05
    ? 'about as fast as'
    : `${ratio < 10 ? Number(ratio.toPrecision(2)) : Math.round(ratio)} times as fast as`

function briefly(trial: EngineTrial): string {
  if (!trial.isPresent) return trial.reason
  if (!isComplete(trial)) return notTried
  return isSound(trial) ? timeOf(trial) : (trial.selfTest?.sentence ?? '')
}

const timeOf = ({ secondsPerStep }: EngineTrial): string => `${durationOf(secondsPerStep)} per step`

/** `152 ms`, `1.3 s`. */
function durationOf(seconds: number | null): string {
  if (seconds === null) return `more than ${timeLimitMs / 1000} s`
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toPrecision(2)} s`
}
