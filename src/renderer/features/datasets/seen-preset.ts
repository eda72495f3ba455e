import { hasWholeStep } from '#contract/configuration/counts.ts'
import type { Preset } from '#contract/domain/pipeline.ts'
import { isTrainingStage, type Stage } from '#contract/stages/index.ts'

/**
 * The preset with which a clip is shown at first: one whose steps are not larger than an epoch of the dataset, if there is one.
 * @param presets those that have one of the stages
 * @param stages in their order; the first one that a preset has is shown
 */
export function presetToSee(
  presets: readonly Preset[],
  stages: readonly Stage[],
  trainingSamples: number,
): Preset | undefined {
  const fits = ({ configuration }: Preset): boolean => {
    const stage = stages.find((name) => configuration.stages.includes(name))
    return stage !== undefined && (!isTrainingStage(stage) || hasWholeStep(configuration[stage], trainingSamples))
  }
  return presets.find(fits) ?? presets[0]
}
