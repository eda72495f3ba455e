import { samplesOf } from '#contract/domain/dataset.ts'
import { computedShare, keepingOf, type TargetCost } from '#contract/domain/target-cost.ts'
import { inputModels } from '#contract/stages/made-model.ts'
import { tokenCount } from '../model/patches.ts'
import type { StageSize } from './process-memory.ts'
import type { UntrainedStage } from './untrained-models.ts'

/** Description and checksum of a file of features, about. */
const descriptionBytes = 1024

/**
 * What it takes to keep the teachers' features of a distillation; undefined for other stages and without a target cache.
 * @param size the recorded programs of the stage, whose teachers compute one clip at a time
 */
export function targetCostOf(
  { stage, configuration, manifest, models }: UntrainedStage,
  { training, frozen }: StageSize,
): TargetCost | undefined {
  const keeping = keepingOf(configuration[stage])
  if (keeping === undefined) return undefined
  const { targetCache, epochs, samplesPerVideo, batchSize } = keeping
  const videos = samplesOf(manifest, { split: 'train' }).length
  const clips = Math.min(targetCache, epochs * samplesPerVideo)
  const teachers = Object.values(inputModels(stage, configuration, null, models))
  const clipBytes = teachers.reduce(
    (sum, { sizes }) => sum + 2 * tokenCount(configuration.clip) * sizes.width + descriptionBytes,
    0,
  )
  const teacherFlops = batchSize * frozen.reduce((sum, { flops }) => sum + flops, 0)
  return {
    videos,
    clips,
    bytes: videos * clips * clipBytes,
    teacherShare: teacherFlops / (teacherFlops + (training?.flops ?? 0)),
    computedShare: computedShare(keeping),
  }
}
