import type { DivergenceReport } from '#contract/domain/divergence.ts'
import type { FakeWorld } from './fake-world.ts'

const blocks = Array.from({ length: 12 }, (_, index) => `encoder.blocks.${index}`)

/** The report of a step of two micro-batches whose second one had a loss that is not finite. */
const report: DivergenceReport = {
  version: 1,
  at: '2026-01-01T00:00:00.000Z',
  attempt: 1,
  cause: 'gradients',
  step: { step: 75, learningRate: 0.0015, loss: 0.9134, gradientNorm: 'NaN' },
  lastStep: { step: 74, learningRate: 0.0015, loss: 0.8127, gradientNorm: 4.61 },
  layers: ['encoder.patch_embed.proj', ...blocks, 'decoder.blocks.0', 'decoder.head'].map((layer, index) => ({
    layer,
    norm: index < 8 ? 'NaN' : 1.5 + index / 10,
    lastNorm: 1 + index / 10,
  })),
  firstTensor: 'encoder.blocks.6.attn.qkv.weight',
  weights: [],
  batches: [
    { loss: 0.9134, clips: [{ video: 'bed/fall-07.mp4', frames: [12, 16, 20, 24, 28, 32, 36, 40] }] },
    { loss: 'NaN', clips: [{ video: 'chair/fall-02.mp4', frames: [0, 4, 8, 12, 16, 20, 24, 28] }] },
  ],
}

/** The run of the fake world that diverges, and makes it diverge. */
export const divergedRun = 'falls-base-video-teacher'
export function diverge(world: FakeWorld): void {
  Object.assign(world.runs.get(divergedRun)!.run, {
    status: 'failed',
    exit: 'exit code 1',
    checkpointCount: 2,
    error: {
      code: 'diverged',
      message:
        'The gradient norm became NaN at step 75 (learning rate 0.00150, gradient norm NaN; videos bed/fall-07.mp4, chair/fall-02.mp4).',
      hint: 'Lower the learning rate, lengthen the warm-up, or clip the gradient. The last checkpoint is intact.',
    },
  })
  world.divergences.set(divergedRun, report)
}
