import {
  engineNames,
  traitsOf,
  type EngineName,
  type EngineReport,
  type EngineTrial,
  type EngineVerdict,
} from '#contract/domain/engine.ts'

/** Whether the graphics card of an engine is played by the processor. */
export const isSoftwareCard = ({ name, device }: EngineReport): boolean =>
  traitsOf(name).device === 'graphics card' && device.startsWith('CPU')

/** Whether all was tried that can be. */
export const isComplete = ({ isPresent, selfTest }: EngineTrial): boolean => !isPresent || selfTest !== null

/** Whether an engine works here. */
export const isSound = ({ selfTest }: EngineTrial): boolean => selfTest?.passed === true

/** The engine to take: the fastest that passed. */
export function fastest(trials: readonly EngineTrial[]): EngineTrial | undefined {
  return ranked(trials)[0]
}

/** What `auto` makes of each trial. */
export function judge(trials: readonly EngineTrial[], triedAt: string): EngineVerdict[] {
  const [chosen, next] = ranked(trials)
  return trials.map((trial) => ({
    ...trial,
    isChosen: trial === chosen,
    verdict: trial === chosen ? takenBecause(trial, next) : passedOverBecause(trial, chosen),
    triedAt,
  }))
}

/** One line for the log of a run: what was taken, how fast it is, and why the others were not. */
export function describeChoice(trials: readonly EngineTrial[]): string {
  const [chosen, next] = ranked(trials)
  if (chosen === undefined) return 'No engine works here.'
  const others = trials
    .filter((trial) => trial !== chosen && trial !== next)
    .map((trial) => `${trial.name}: ${briefly(trial)}`)
  return (
    [`auto takes ${chosen.name}: ${speedOf(chosen, next)}`, ...others]
      .map((part) => part.replace(/\.$/, ''))
      .join('; ') + '.'
  )
}

/** What a person should hear of: engines before the one taken that are here and fail, or that came along and cannot be loaded. */
export function complaints(trials: readonly EngineTrial[]): string[] {
  const chosen = fastest(trials)
  const end = chosen === undefined ? engineNames.length : engineNames.indexOf(chosen.name)
  return trials.flatMap((trial) => {
    if (isSound(trial) || !isComplete(trial) || engineNames.indexOf(trial.name) > end) return []
    if (trial.isPresent)
      return [`The engine '${trial.name}' is passed over: ${trial.selfTest?.sentence ?? trial.reason}`]
    return comesAlong(trial.name)
      ? [
          `The engine '${trial.name}' is not present: ${trial.reason}${chosen === undefined ? '' : ` The slower engine '${chosen.name}' takes its place.`}`,
        ]
      : []
  })
}

const comesAlong = (name: EngineName): boolean => traitsOf(name).device === 'processor'

/**
 * Engines that passed, the one to take first. A fallback comes after every engine that was timed whatever its own time says: it cannot be faster, so
 * that could only be something else that the machine was doing.
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

/** By the first place at which two lists differ. */
function compare(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, index) => value !== b[index])
  return place < 0 ? 0 : (a[place] ?? 0) - (b[place] ?? 0)
}

const notTried = 'only software plays a graphics card here'

const takenBecause = (trial: EngineTrial, next: EngineTrial | undefined): string =>
  `Taken by auto: ${speedOf(trial, next)}.`

function passedOverBecause(trial: EngineTrial, chosen: EngineTrial | undefined): string {
  if (!trial.isPresent) return 'Not present.'
  if (!isComplete(trial)) return `Passed over: ${notTried}.`
  if (!isSound(trial)) return 'Passed over: it does not pass its self-test.'
  const isCompared = trial.secondsPerStep !== null && chosen !== undefined
  return `Passed over: ${timeOf(trial)}${isCompared ? ` where ${chosen.name} takes ${durationOf(chosen.secondsPerStep)}` : ''}.`
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

const timeOf = ({ secondsPerStep }: EngineTrial): string =>
  secondsPerStep === null ? 'too slow to time' : `${durationOf(secondsPerStep)} a step`

/** `152 ms`, `1.3 s`. */
function durationOf(seconds: number | null): string {
  if (seconds === null) return 'too long to time'
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toPrecision(2)} s`
}
