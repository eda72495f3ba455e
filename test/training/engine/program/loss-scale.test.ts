import { expect, it } from 'vitest'
import { initialLossScale, type LossScale, nextLossScale } from '#training/engine/program/loss-scale.ts'

/** The steps of PyTorch's `torch.amp.GradScaler` with its defaults. */
it.each<[string, LossScale, boolean, LossScale]>([
  ['counts a step that fits', initialLossScale, true, { scale: 65536, goodSteps: 1, skippedSteps: 0 }],
  [
    'halves the scale after one that does not',
    { scale: 65536, goodSteps: 17, skippedSteps: 1 },
    false,
    { scale: 32768, goodSteps: 0, skippedSteps: 2 },
  ],
  [
    'doubles it after 2000 that fit',
    { scale: 1024, goodSteps: 1999, skippedSteps: 6 },
    true,
    { scale: 2048, goodSteps: 0, skippedSteps: 6 },
  ],
  [
    'does not before',
    { scale: 1024, goodSteps: 1998, skippedSteps: 6 },
    true,
    { scale: 1024, goodSteps: 1999, skippedSteps: 6 },
  ],
  [
    'stays below infinity',
    { scale: 2 ** 127, goodSteps: 1999, skippedSteps: 0 },
    true,
    { scale: 2 ** 127, goodSteps: 0, skippedSteps: 0 },
  ],
])('%s', (_what, before, isFinite, after) => expect(nextLossScale(before, isFinite)).toEqual(after))
