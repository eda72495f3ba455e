import { describe, expect, it } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import type { StepResult, TrainingProgram, TrainingState } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import type { NamedHostTensors, NamedTensors } from '#training/tensor/host-tensor.ts'
import type * as tf from '#training/tensor/tf.ts'
import { compiled, eager, useEngines } from './engines-under-test.ts'
import { blockInputs, blockParameters, blockProgram, relativeError } from './helpers.ts'

const engineOf = useEngines()

const micro = (step: number, part: number): NamedHostTensors => blockInputs(10 * step + part)
const under = <T>(part: number, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${part} ${name}`, value]))
const taken = (part: number, record: NamedTensors): NamedTensors =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (name.startsWith(`${part} `) ? [[name.slice(2), value]] : [])),
  )

/** The same step at once: all micro-batches are inputs, and the loss is their mean. */
function wholeProgram(clipGradient: number, parts: number): TrainingProgram {
  const program = blockProgram(clipGradient)
  const numbers = Array.from({ length: parts }, (_, part) => part)
  const mean = (values: tf.Tensor[]): tf.Tensor => values.reduce((sum, value) => sum.add(value)).div(parts)
  return {
    ...program,
    inputs: Object.assign({}, ...numbers.map((part) => under(part, program.inputs))),
    loss(parameters, inputs) {
      const results = numbers.map((part) => program.loss(parameters, taken(part, inputs)))
      return {
        loss: mean(results.map(({ loss }) => loss)) as tf.Scalar,
        outputs: { perToken: mean(results.map(({ outputs }) => outputs.perToken!)) },
      }
    },
  }
}

async function trainWhole(name: EngineName, parts: number, clipGradient: number) {
  const engine = await engineOf(name)
  const program = wholeProgram(clipGradient, parts)
  const session = await engine.training(program, initialState(blockParameters(), program.groups))
  const results: StepResult[] = []
  for (let step = 1; step <= 3; step++)
    results.push(
      await session.step(
        Object.assign({}, ...Array.from({ length: parts }, (_, part) => under(part, micro(step, part)))),
        0.01,
        step,
      ),
    )
  const state = await session.readState()
  await session.dispose()
  return { results, state }
}

async function trainInParts(
  name: EngineName,
  parts: number,
  clipGradient: number,
  state?: TrainingState,
  steps: readonly number[] = [1, 2, 3],
) {
  const engine = await engineOf(name)
  const program: TrainingProgram = { ...blockProgram(clipGradient), accumulationSteps: parts }
  const session = await engine.training(program, state ?? initialState(blockParameters(), program.groups))
  const results: StepResult[] = []
  for (const step of steps) {
    for (let part = 0; part < parts - 1; part++) await session.accumulate(micro(step, part))
    results.push(await session.step(micro(step, parts - 1), 0.01, step))
  }
  const end = await session.readState()
  await session.dispose()
  return { results, state: end }
}

const roles = ['parameters', 'firstMoments', 'secondMoments'] as const
const worstError = (actual: TrainingState, expected: TrainingState): number =>
  Math.max(
    ...roles.flatMap((role) =>
      Object.entries(expected[role]).map(([name, tensor]) => relativeError(actual[role][name]!, tensor)),
    ),
  )

describe('gradients accumulated over micro-batches', () => {
  for (const [parts, clipGradient] of [
    [2, 0],
    [3, 0.02],
  ] as const) {
    it.each([...compiled, ...eager])(
      `of ${parts} equal those of one batch on %s, clipped at ${clipGradient}`,
      async (name) => {
        const expected = await trainWhole(name, parts, clipGradient)
        const actual = await trainInParts(name, parts, clipGradient)
        expect(worstError(actual.state, expected.state)).toBeLessThan(1e-4)
        actual.results.forEach(({ loss, gradientNorm, outputs }, index) => {
          const reference = expected.results[index]!
          expect(Math.abs(loss - reference.loss) / reference.loss).toBeLessThan(1e-6)
          expect(Math.abs(gradientNorm - reference.gradientNorm) / reference.gradientNorm).toBeLessThan(1e-5)
          expect(relativeError(outputs.perToken!, reference.outputs.perToken!)).toBeLessThan(1e-5)
        })
      },
    )
  }

  it.each([...compiled, ...eager])('give the same bits on %s if the run is interrupted and resumed', async (name) => {
    const alone = await trainInParts(name, 3, 0.02)
    const { state } = await trainInParts(name, 3, 0.02, undefined, [1])
    expect((await trainInParts(name, 3, 0.02, state, [2, 3])).state).toEqual(alone.state)
  })

  it.each([...compiled, ...eager])('do not change the state on %s until the step is complete', async (name) => {
    const engine = await engineOf(name)
    const program: TrainingProgram = { ...blockProgram(0), accumulationSteps: 3 }
    const session = await engine.training(program, initialState(blockParameters(), program.groups))
    await session.accumulate(micro(1, 0))
    await session.accumulate(micro(1, 1))
    expect((await session.readState()).parameters).toEqual(blockParameters())
    await expect(session.accumulate(micro(1, 2))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: A step of 'a transformer block' has 3 micro-batches; number 3 was passed to accumulate.]`,
    )
    await session.step(micro(1, 2), 0.01, 1)
    await expect(session.step(micro(2, 0), 0.01, 2)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: A step of 'a transformer block' has 3 micro-batches; number 1 was passed to step.]`,
    )
    await session.dispose()
  })
})
