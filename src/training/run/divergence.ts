import { join } from 'node:path'
import { type DivergenceReport, layerNorms } from '#contract/domain/divergence.ts'
import { encodeMetric } from '#contract/domain/metric.ts'
import { formatVersions, runFiles } from '#contract/layout.ts'
import { writeJson } from '#node/json-file.ts'
import type { TrainingStage } from '../stages/stage.ts'
import type { Diverged } from './finite.ts'
import type { DoneStep } from './step.ts'

interface ComputedStep {
  readonly step: number
  readonly result: DoneStep
}

/** Keeps the last two steps of an attempt, so that the report of a diverged one can compare them. */
export class DivergenceWatch {
  readonly #stage: Pick<TrainingStage, 'program'>
  #last: ComputedStep | undefined
  #before: ComputedStep | undefined

  constructor(stage: Pick<TrainingStage, 'program'>) {
    this.#stage = stage
  }

  /** Notes a computed step, counted from 1, before it is checked. */
  note(step: number, result: DoneStep): void {
    this.#before = this.#last
    this.#last = { step, result }
  }

  /** Writes what is known of the divergence into the folder of the run. */
  write(folder: string, attempt: number, cause: Diverged): void {
    writeJson(join(folder, runFiles.divergence), this.report(attempt, cause))
  }

  report(attempt: number, { what, weights }: Diverged): DivergenceReport {
    const [last, before] = [this.#last, this.#before]
    const isValidation = what === 'validation'
    const norms = last?.result.gradientNorms
    return {
      version: formatVersions.divergence,
      at: new Date().toISOString(),
      attempt,
      cause: what,
      step: factsOf(last),
      lastStep: factsOf(before),
      layers: this.#layers(last, before),
      firstTensor: what === 'loss' || norms === undefined ? null : firstNonFinite(norms),
      weights: [...weights],
      batches:
        last === undefined || isValidation
          ? []
          : last.result.batches.map(({ clips }, index) => ({
              loss: encodeMetric(last.result.batchLosses[index] ?? Number.NaN),
              clips: [...clips],
            })),
    }
  }

  #layers(last: ComputedStep | undefined, before: ComputedStep | undefined): DivergenceReport['layers'] {
    const parameters = Object.keys(this.#stage.program.groups)
    const normsOf = (step: ComputedStep | undefined) =>
      step?.result.gradientNorms === undefined ? undefined : layerNorms(step.result.gradientNorms, parameters)
    const earlier = normsOf(before)
    return [...(normsOf(last) ?? [])].map(([layer, norm]) => {
      const lastNorm = earlier?.get(layer)
      return { layer, norm: encodeMetric(norm), lastNorm: lastNorm === undefined ? null : encodeMetric(lastNorm) }
    })
  }
}

const firstNonFinite = (norms: ReadonlyMap<string, number>): string | null =>
  [...norms].find(([, norm]) => !Number.isFinite(norm))?.[0] ?? null

const factsOf = (found: ComputedStep | undefined): DivergenceReport['step'] =>
  found === undefined
    ? null
    : {
        step: found.step,
        learningRate: found.result.learningRate,
        loss: encodeMetric(found.result.loss),
        gradientNorm: encodeMetric(found.result.gradientNorm),
      }
