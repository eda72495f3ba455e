import { samplesPerStep } from '#contract/configuration/counts.ts'
import { draws } from '../data/random.ts'
import { initializeParameters } from '../model/initialize.ts'
import type { ParameterSpec } from '../model/parameters.ts'
import type { AdamWSettings } from '../optimizer/adamw.ts'
import { learningRates, type ScheduleSettings, scheduleOf } from '../optimizer/schedule.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

interface OptimizerSettings {
  readonly beta1: number
  readonly beta2: number
  readonly clipGradient: number
}

/** AdamW with the epsilon of every published recipe: 1e-8. */
export const adamWSettings = ({ beta1, beta2, clipGradient }: OptimizerSettings): AdamWSettings => ({
  beta1,
  beta2,
  clipGradient,
  epsilon: 1e-8,
})

/** Learning rate of each optimizer step; `samples` is the number for the published scaling (see `countedSamples`). */
export const rates = (settings: ScheduleSettings, samples: number, stepsPerEpoch: number): number[] =>
  learningRates(scheduleOf(settings, samples, stepsPerEpoch))

interface StepSettings {
  readonly batchSize: number
  readonly accumulationSteps: number
  readonly epochs: number
}

/** Fields of a training stage about its steps. */
export const stepsOf = (settings: StepSettings, stepsPerEpoch: number) => ({
  stepsPerEpoch,
  epochs: settings.epochs,
  samplesPerStep: samplesPerStep(settings),
  accumulationSteps: settings.accumulationSteps,
})

/** Initial weights; each parameter has a separate random stream. */
export const freshParameters = (specs: readonly ParameterSpec[], seed: number): NamedHostTensors =>
  initializeParameters(specs, (name) => draws(seed, `initialize ${name}`))
