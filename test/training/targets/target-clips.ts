import type { ClipKey } from '#training/targets/target-key.ts'

/** Clips whose features are numbers that follow from the clip. */
export const clipCount = 24
export const numbers = 40_000

export const keyOf = (clip: number): ClipKey => ({ digest: `c${clip}`, description: `clip ${clip}` })

export const bitsOf = (clip: number): Uint16Array =>
  Uint16Array.from({ length: numbers }, (_, index) => (index * 31 + clip * 977) & 0x7bff)
