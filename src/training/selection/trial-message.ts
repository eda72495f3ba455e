import type { EngineTrial } from '#contract/domain/engine.ts'

/** What a process that tries engines says as it begins each part: the trial as far as it got. */
export interface TrialMessage {
  readonly phase: 'opening' | 'testing' | 'timing' | 'done'
  readonly trial: EngineTrial
}
