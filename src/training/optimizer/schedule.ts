import { samplesPerStep } from '#contract/configuration/counts.ts'

/** Linear warm-up, then half a cosine. Steps are optimizer steps. */
export interface Schedule {
  /** Rate of the first warm-up step: 0 in MVD, VideoMAE and MAE. */
  readonly start: number
  readonly peak: number
  readonly final: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/**
 * The learning rate of each step. As in the published schedules, the last warm-up step and the first cosine step both have the peak rate, and
 * the cosine ends one step before it would reach `final`.
 */
export function learningRates({ start, peak, final, warmupSteps, totalSteps }: Schedule): number[] {
  const slope = (peak - start) / (warmupSteps - 1)
  const cosineSteps = totalSteps - warmupSteps
  return Array.from({ length: totalSteps }, (_, step) => {
    if (step < warmupSteps) return step > 0 && step === warmupSteps - 1 ? peak : start + (step === 0 ? 0 : step * slope)
    return final + 0.5 * (peak - final) * (1 + Math.cos((Math.PI * (step - warmupSteps)) / cosineSteps))
  })
}

/** Settings of a stage that determine its schedule. Rates are per 256 samples. */
export interface ScheduleSettings {
  readonly learningRate: number
  readonly minLearningRate: number
  readonly warmupEpochs: number
  readonly epochs: number
}

interface CountedSettings {
  readonly batchSize: number
  readonly accumulationSteps: number
  readonly samplesPerVideo: number
}

/**
 * Samples of a step for the published scaling of rates: all of them in the pre-training stages; in fine-tuning each video once, regardless of
 * the number of its samples (docs/method.md, Learning rate).
 */
export function countedSamples(stage: 'pre-training' | 'fine-tuning', settings: CountedSettings): number {
  return samplesPerStep(settings) / (stage === 'fine-tuning' ? settings.samplesPerVideo : 1)
}

/** The schedule with the published scaling: peak and final rate are multiplied by samples / 256, and the warm-up starts at 0. */
export function scheduleOf(settings: ScheduleSettings, samples: number, stepsPerEpoch: number): Schedule {
  const scale = samples / 256
  return {
    start: 0,
    peak: settings.learningRate * scale,
    final: settings.minLearningRate * scale,
    warmupSteps: Math.floor(settings.warmupEpochs * stepsPerEpoch),
    totalSteps: settings.epochs * stepsPerEpoch,
  }
}
