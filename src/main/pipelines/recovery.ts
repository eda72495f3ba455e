import { StudioError } from '#contract/api/errors.ts'
import type { Pipeline, PipelineRequest, Recovery } from '#contract/domain/pipeline.ts'
import { runId } from '#contract/domain/pipeline.ts'
import { stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { type Stage, stages, stageTitles } from '#contract/stages/index.ts'
import { changedRates, remaining, slower } from '#contract/stages/remaining.ts'

/** The newest checkpoint of a run that is whole and finite, and why newer ones are not taken. */
export interface GoodCheckpoint {
  readonly step: number | null
  readonly skipped: readonly string[]
}

export interface RecoveryOptions {
  readonly run: (id: string) => { run: Run; pipeline: Pipeline }
  readonly isFinished: (runId: string) => boolean
  readonly requestOf: (id: string) => { request: PipelineRequest; differences: string[] }
  readonly goodCheckpoint: (runId: string, signal?: AbortSignal) => Promise<GoodCheckpoint>
}

/** Makes the request that launches what is left of a diverged pipeline again, from the last good checkpoint with a lower rate. */
export class Recoveries {
  readonly #options: RecoveryOptions

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  /** @throws StudioError `not-found`; `run-state` if the run has not diverged, or does not train */
  async of(id: string, rateFactor: number, signal?: AbortSignal): Promise<Recovery> {
    const { run, pipeline } = this.#options.run(id)
    const { stage } = run
    if (stateOf(run) !== 'diverged')
      throw new StudioError(
        'run-state',
        `The run ${id} is ${stateOf(run)}; only a diverged run is launched again with a lower learning rate.`,
        'Resume it, or launch its pipeline again with changes.',
      )
    if (!stages[stage].trains)
      throw new StudioError(
        'run-state',
        `The run ${id} has no learning rate, because its stage ${stageTitles[stage]} does not train.`,
        'Test another checkpoint.',
      )
    const { request: before, differences } = this.#options.requestOf(id)
    const { step, skipped } = await this.#options.goodCheckpoint(id, signal)
    const idOf = (other: Stage): string => runId(pipeline.id, other)
    const left = remaining(before.configuration, stage, idOf, (other) => this.#options.isFinished(idOf(other)))
    const configuration = slower(left, stage, rateFactor)
    return {
      before,
      request: {
        ...before,
        configuration,
        overrides: changedRates(stage, before.configuration, configuration),
        ...(step === null ? {} : { continues: { run: id, step } }),
      },
      notes: [
        ...differences,
        ...skipped,
        ...(step === null ? ['The run has no checkpoint to continue from, so it begins again.'] : []),
      ],
    }
  }
}
