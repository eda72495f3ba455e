import { describe, expect, it } from 'vitest'
import { distanceWithoutKeys, hasKeyNoise } from '#training/reference/key-noise.ts'
import { distance, Ledger, worstOf } from '#training/reference/ledger.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'

const tensor = (...data: number[]): HostTensor => ({
  shape: [data.length],
  dtype: 'float32',
  data: Float32Array.from(data),
})

describe('distance', () => {
  it.each([
    [[3, 4], [3, 4], 0],
    [[3, 4], [0, 4], 0.75],
    [[1e-3], [0], 1e-3],
    [[1, 2], [1], Infinity],
    [[Number.NaN], [1], Number.NaN],
  ])('from %j to %j is %d', (ours, theirs, expected) => {
    expect(distance(ours, theirs)).toBe(expected)
  })
})

describe('Ledger', () => {
  it('refuses an expectation with which nothing was compared', () => {
    const ledger = new Ledger({ logits: tensor(1), latent: tensor(2) })
    ledger.compare('outputs', { logits: tensor(1), target: tensor(3) })
    expect(() => ledger.finish()).toThrowErrorMatchingInlineSnapshot(
      `[StudioError: expected.safetensors holds latent, which the studio does not compute.]`,
    )
  })
  it('counts another shape as no agreement', () => {
    const ledger = new Ledger({ logits: { ...tensor(1, 2), shape: [1, 2] } })
    ledger.compare('outputs', { logits: { ...tensor(1, 2), shape: [2, 1] } })
    expect(ledger.comparisons).toEqual([{ measure: 'outputs', tensor: 'logits', error: Infinity }])
  })
})

describe('worstOf', () => {
  it('takes the largest error of each measure, and what is no number before all others', () => {
    const comparisons = [
      { measure: 'outputs', tensor: 'a', error: 2e-5 },
      { measure: 'outputs', tensor: 'b', error: Number.NaN },
      { measure: 'updates', tensor: 'c', error: 1e-3 },
      { measure: 'updates', tensor: 'd', error: 2e-3 },
    ] as const
    expect(worstOf(comparisons)).toEqual([
      { measure: 'outputs', tensor: 'b', error: null, tolerance: 1e-5, passed: false },
      { measure: 'updates', tensor: 'd', error: 2e-3, tolerance: 1e-2, passed: true },
    ])
  })
})

describe('the key part of a joint bias', () => {
  it('is noise when its gradient is nearly nothing', () => {
    expect(hasKeyNoise('blocks.0.attn.qkv.bias', [1, 1e-7, 1])).toBe(true)
    expect(hasKeyNoise('blocks.0.attn.qkv.bias', [1, 1e-2, 1])).toBe(false)
    expect(hasKeyNoise('blocks.0.attn.proj.bias', [1, 1e-7, 1])).toBe(false)
    expect(hasKeyNoise('blocks.0.attn.qkv.bias', undefined)).toBe(false)
  })
  it('is left out of the distance then', () => {
    expect(distanceWithoutKeys([3, 5, 4], [0, 7, 4])).toBe(0.75)
  })
})
