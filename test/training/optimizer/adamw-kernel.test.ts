import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import wabt from 'wabt'
import { clippingFactor, sumOfSquares } from '#training/engine/program/gradients.ts'
import { kernelMemory, openKernel, type Updated } from '#training/optimizer/adamw-kernel/kernel.ts'
import { clippingScale, updateNumbers } from '#training/optimizer/adamw-kernel/numbers.ts'
import { adamW } from '#training/optimizer/adamw.ts'
import * as tf from '#training/tensor/tf.ts'

const folder = resolve(import.meta.dirname, '../../../src/training/optimizer/adamw-kernel')
const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient: 0.5 }
const group = { learningRateScale: 0.75, weightDecay: 0.05 }

const copy = (array: Float32Array) => tf.tensor1d(Float32Array.from(array))

/** Consecutive arrays in the kernel's memory, from an unaligned address. */
function opened(count: number, ...fill: ((index: number) => number)[]) {
  const memory = kernelMemory(4 * (count * fill.length + 1))
  const arrays = fill.map((numberAt, array) => {
    const view = new Float32Array(memory.buffer, 4 * (array * count + 1), count)
    return view.set(Float32Array.from(view, (_, index) => numberAt(index))) ?? view
  })
  return { kernel: openKernel(memory), arrays }
}

describe('the AdamW kernel', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  it('is the compiled adamw.wat', async () => {
    const features = { simd: true, threads: true, memory64: true }
    const parsed = (await wabt()).parseWat('adamw.wat', readFileSync(resolve(folder, 'adamw.wat'), 'utf8'), features)
    parsed.validate(...([features] as unknown as []))
    const lines =
      Buffer.from(parsed.toBinary({}).buffer)
        .toString('base64')
        .match(/.{1,120}/g) ?? []
    const module = `/** adamw.wat as WebAssembly, in base64. */\nexport const binary =\n${lines.map((line) => `  '${line}'`).join(' +\n')}\n`
    await expect(module).toMatchFileSnapshot(resolve(folder, 'binary.ts'))
  })

  it.each([1, 3, 4, 7, 64, 1001])('updates %s numbers to the bits of adamW in plain JavaScript', (count) => {
    const { kernel, arrays } = opened(
      count,
      (i) => Math.sin(i),
      (i) => Math.sin(3 * i) / 10,
      (i) => Math.abs(Math.cos(5 * i)) / 100,
      (i) => Math.cos(7 * i),
    )
    const [parameter, firstMoment, secondMoment, gradient] = arrays as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const [learningRate, step, terms] = [3e-3, 5, 3]
    const mean = copy(gradient).mul(1 / terms)
    const scale = clippingFactor(sumOfSquares(mean).sqrt(), settings.clipGradient)!
    const schedule = {
      learningRate: tf.scalar(learningRate),
      firstCorrection: tf.scalar(1 - settings.beta1 ** step),
      secondCorrection: tf.scalar(1 - settings.beta2 ** step),
      gradientScale: scale,
    }
    const wanted = adamW(
      { parameter: copy(parameter), firstMoment: copy(firstMoment), secondMoment: copy(secondMoment) },
      mean,
      { learningRateScale: tf.scalar(group.learningRateScale), weightDecay: tf.scalar(group.weightDecay) },
      schedule,
      settings,
    )

    const numbers = updateNumbers(settings, group, { learningRate, step, terms, gradientScale: scale.dataSync()[0]! })
    kernel.update({ parameter, firstMoment, secondMoment, gradient } satisfies Updated, numbers)
    expect(Float32Array.from(parameter)).toEqual(wanted.parameter.dataSync())
    expect(Float32Array.from(firstMoment)).toEqual(wanted.firstMoment.dataSync())
    expect(Float32Array.from(secondMoment)).toEqual(wanted.secondMoment.dataSync())
  })

  it('writes only to its arguments', () => {
    const { kernel, arrays } = opened(
      6,
      () => 1,
      () => 2,
      () => 3,
      () => 4,
    )
    const [a, b, c, d] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array]
    kernel.update(
      {
        parameter: a.subarray(0, 5),
        firstMoment: b.subarray(0, 5),
        secondMoment: c.subarray(0, 5),
        gradient: d.subarray(0, 5),
      },
      updateNumbers(settings, group, { learningRate: 1, step: 1, terms: 1, gradientScale: 1 }),
    )
    kernel.add(d.subarray(1, 6), a.subarray(1, 6))
    expect([a[5], b[5], c[5], d[0]]).toEqual([1, 2, 3, 4])
    expect([a[0], b[0], c[0]]).not.toEqual([1, 2, 3])
    expect(d[5]).toBe(5)
  })

  it.each([1, 5, 4096, 100_003])('sums the squares of %s numbers as double precision does', (count) => {
    const { kernel, arrays } = opened(count, (i) => Math.cos(i) * 1e-3)
    const [gradient] = arrays as [Float32Array]
    const factor = Math.fround(1 / 3)
    const wanted = gradient.reduce((sum, number) => sum + Math.fround(number * factor) ** 2, 0)
    expect(kernel.sumOfSquares(gradient, factor) / wanted).toBeCloseTo(1, 12)
  })

  it('recognises its memory after another one has grown', async () => {
    const { kernel, arrays } = opened(4, () => 3)
    // TypeScript has the types of WebAssembly only in the DOM library.
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: { Memory: new (descriptor: object) => { grow(pages: number): number } }
    }
    new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }).grow(1)
    await setImmediate()
    expect(kernel.sumOfSquares(arrays[0]!, 1)).toBe(36)
  })

  it('rejects arrays outside its memory', () => {
    const { kernel } = opened(4, () => 0)
    expect(() => kernel.sumOfSquares(new Float32Array(4), 1)).toThrowErrorMatchingInlineSnapshot(
      `[Error: The array is not in the kernel's memory.]`,
    )
  })

  it.each([
    [0.2, 0.5],
    [7, 0.5],
    [7, 0],
  ])('clips a norm of %s at %s as a graph does', (norm, limit) => {
    expect(clippingScale(Math.fround(norm), limit)).toBe(clippingFactor(tf.scalar(norm), limit)?.dataSync()[0] ?? 1)
  })
})
