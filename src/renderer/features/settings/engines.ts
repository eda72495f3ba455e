import type { EngineVerdict } from '#contract/domain/engine.ts'
import { formatStepDuration } from '#contract/format.ts'
import { t } from '../../ui/language.ts'

export interface EngineState {
  readonly name: 'available' | 'failed' | 'unavailable'
  readonly color: 'success' | 'error' | 'neutral'
  readonly icon: string
}

/** State of an engine: it works, it fails its self-test, or it is not installed. */
export function stateOf({ isPresent, selfTest }: EngineVerdict): EngineState {
  if (!isPresent) return { name: 'unavailable', color: 'neutral', icon: 'i-lucide-minus' }
  return selfTest?.passed === true
    ? { name: 'available', color: 'success', icon: 'i-lucide-check' }
    : { name: 'failed', color: 'error', icon: 'i-lucide-triangle-alert' }
}

/** Duration of a training step; empty if the engine was not timed. */
export function stepTime({ secondsPerStep, selfTest }: EngineVerdict): string {
  if (secondsPerStep === null) return selfTest?.passed === true ? t('settings.engines.tooSlow') : ''
  return formatStepDuration(secondsPerStep)
}

/** ISO time of the last test. */
export const lastTried = (engines: readonly EngineVerdict[]): string | undefined =>
  engines
    .map(({ triedAt }) => triedAt)
    .toSorted()
    .at(-1)
