import type { StageCost } from '#contract/domain/pipeline.ts'

export interface CostTotal {
  durationMs: number
  /** Stages run one after the other, so the largest counts. */
  memoryBytes: number
  steps: number
}

export function totalCost(stages: readonly StageCost[]): CostTotal {
  return {
    durationMs: stages.reduce((sum, stage) => sum + stage.durationMs, 0),
    memoryBytes: Math.max(0, ...stages.map((stage) => stage.memoryBytes)),
    steps: stages.reduce((sum, stage) => sum + stage.steps, 0),
  }
}
