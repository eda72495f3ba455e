import type { EngineVerdict } from '#contract/domain/engine.ts'

export interface EngineState {
  readonly label: 'present' | 'fails' | 'not present'
  readonly color: 'success' | 'error' | 'neutral'
  readonly icon: string
}

/** How an engine stands: it works, it is here and gives wrong numbers or none, or it is not here. */
export function stateOf({ isPresent, selfTest }: EngineVerdict): EngineState {
  if (!isPresent) return { label: 'not present', color: 'neutral', icon: 'i-lucide-minus' }
  return selfTest?.passed === true
    ? { label: 'present', color: 'success', icon: 'i-lucide-check' }
    : { label: 'fails', color: 'error', icon: 'i-lucide-triangle-alert' }
}

/** `152 ms`, `1.3 s`; empty where the engine was not timed. */
export function stepTime({ secondsPerStep, selfTest }: EngineVerdict): string {
  if (secondsPerStep === null) return selfTest?.passed === true ? 'too slow' : ''
  return secondsPerStep < 1
    ? `${Math.max(1, Math.round(secondsPerStep * 1000))} ms`
    : `${secondsPerStep.toPrecision(2)} s`
}

/** When an engine was last tried, ISO time. */
export const lastTried = (engines: readonly EngineVerdict[]): string | undefined =>
  engines
    .map(({ triedAt }) => triedAt)
    .toSorted()
    .at(-1)
