import type { StageMemory } from '#contract/domain/memory.ts'
import type { StageCost } from '#contract/domain/pipeline.ts'
import { type Stage, stageNames } from '#contract/stages/index.ts'
import type { FakeDataset } from './fake-data.ts'

/** Memory estimate of a stage. */
export function fakeMemory(stage: Stage): StageMemory {
  const parts = {
    process: 300 * 2 ** 20,
    state: 20 * 2 ** 20,
    activations: (200 + 50 * stageNames.indexOf(stage)) * 2 ** 20,
    frozen: 0,
    batches: 8 * 2 ** 20,
  }
  return { stage, parts, totalBytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) }
}

/** The same stage on a graphics card. */
export const fakeCardMemory = (stage: Stage): StageMemory => ({
  ...fakeMemory(stage),
  card: {
    precision: 'bfloat16',
    parts: {
      context: 700 * 2 ** 20,
      state: 2 ** 30,
      activations: (stageNames.indexOf(stage) + 1) * 2 ** 30,
      frozen: 0,
    },
    totalBytes: 700 * 2 ** 20 + (stageNames.indexOf(stage) + 2) * 2 ** 30,
  },
})

/** Warning about videos that are shorter than a clip. */
export function shortVideos({ samples }: FakeDataset, frames: number): string[] {
  const short = samples.filter(({ video }) => video.frameCount < frames).length
  return short === 0
    ? []
    : [
        `${short} of ${samples.length} videos have fewer than the ${frames} frames of a clip; their last frame is repeated.`,
      ]
}

/** Measured cost of the stage at this index of a pipeline. */
export const fakeCost = (stage: Stage, index: number): StageCost => ({
  stage,
  parameters: 560_000 + index * 210_000,
  steps: 240 + index * 60,
  secondsPerStep: 0.18 + index * 0.03,
  durationMs: (240 + index * 60) * (180 + index * 30),
  memoryBytes: (620 + index * 90) * 2 ** 20,
  engine: 'onnx-cpu',
})
