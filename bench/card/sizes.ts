import type { BenchStepRequest } from '#contract/domain/bench.ts'

type Stage = BenchStepRequest['stage']

/** Sizes of a model and its clips, with the batch of each stage. */
export interface Size {
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly imageSize: number
  readonly frames: number
  readonly batches: Readonly<Record<Stage, number>>
}

/** ViT-S and ViT-B at the published clip size, and a size for a rehearsal on a processor. */
export const sizes: Readonly<Record<string, Size>> = {
  B: {
    width: 768,
    depth: 12,
    heads: 12,
    imageSize: 224,
    frames: 16,
    batches: { distill: 8, finetune: 4, 'video-teacher': 16, 'image-teacher': 64 },
  },
  S: {
    width: 384,
    depth: 12,
    heads: 6,
    imageSize: 224,
    frames: 16,
    batches: { distill: 16, finetune: 8, 'video-teacher': 32, 'image-teacher': 128 },
  },
  rehearsal: {
    width: 64,
    depth: 2,
    heads: 2,
    imageSize: 64,
    frames: 8,
    batches: { distill: 2, finetune: 2, 'video-teacher': 2, 'image-teacher': 4 },
  },
}

/** In the order in which they are timed: the time may end before the last. */
export const timedStages: readonly Stage[] = ['distill', 'finetune', 'video-teacher', 'image-teacher']

/** Options that the studio's step and the PyTorch step have in common. */
export function stepOptions(stage: Stage, size: Size, steps: number): string[] {
  const options: Readonly<Record<string, number>> = {
    width: size.width,
    depth: size.depth,
    heads: size.heads,
    'image-size': size.imageSize,
    frames: size.frames,
    batch: size.batches[stage],
    mask: stage === 'image-teacher' ? 0.75 : 0.9,
    steps,
  }
  return ['--stage', stage, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])]
}
