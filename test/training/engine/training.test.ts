import { describe, expect, it } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import type { StepResult, TrainingState } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { compiled, eager, useEngines } from './engines-under-test.ts'
import { blockInputs, blockParameters, blockProgram, relativeError } from './helpers.ts'

const engineOf = useEngines()

async function train(name: EngineName, { steps, clipGradient = 0 }: { steps: number; clipGradient?: number }) {
  const engine = await engineOf(name)
  const program = blockProgram(clipGradient)
  const session = await engine.training(program, initialState(blockParameters(), program.groups))
  const results: StepResult[] = []
  for (let step = 1; step <= steps; step++)
    results.push(await session.step(blockInputs(step), step === 1 ? 0 : 0.01, step))
  const state = await session.readState()
  await session.dispose()
  return { results, state }
}

const roles = ['parameters', 'firstMoments', 'secondMoments'] as const

function worstError(actual: TrainingState, expected: TrainingState): number {
  return Math.max(
    ...roles.flatMap((role) =>
      Object.entries(expected[role]).map(([name, tensor]) => relativeError(actual[role][name]!, tensor)),
    ),
  )
}

describe('five steps of a transformer block', () => {
  for (const clipGradient of [0, 0.02]) {
    it.each([...compiled, ...eager].filter((name) => name !== 'cpu'))(
      `are the same on %s as on cpu, gradients clipped at ${clipGradient}`,
      async (name) => {
        const expected = await train('cpu', { steps: 5, clipGradient })
        const actual = await train(name, { steps: 5, clipGradient })
        actual.results.forEach((result, i) => {
          const reference = expected.results[i]!
          expect(Math.abs(result.loss - reference.loss) / reference.loss).toBeLessThan(1e-5)
          expect(Math.abs(result.gradientNorm - reference.gradientNorm) / reference.gradientNorm).toBeLessThan(1e-5)
          expect(relativeError(result.outputs.perToken!, reference.outputs.perToken!)).toBeLessThan(1e-5)
        })
        expect(worstError(actual.state, expected.state)).toBeLessThan(1e-4)
        expect(expected.results.at(-1)!.loss).toBeLessThan(expected.results[0]!.loss)
      },
    )
  }

  it.each(compiled)('end with the same bits each time on %s', async (name) => {
    const [first, second] = [
      await train(name, { steps: 5, clipGradient: 0.02 }),
      await train(name, { steps: 5, clipGradient: 0.02 }),
    ]
    expect(second).toEqual(first)
  })

  it.each([...compiled, ...eager])('give the same bits on %s if interrupted and resumed', async (name) => {
    const engine = await engineOf(name)
    const program = blockProgram(0.02)
    const run = async (state: TrainingState, from: number, to: number): Promise<TrainingState> => {
      const session = await engine.training(program, state)
      for (let step = from; step <= to; step++) await session.step(blockInputs(step), 0.01, step)
      const end = await session.readState()
      await session.dispose()
      return end
    }
    const start = initialState(blockParameters(), program.groups)
    expect(await run(await run(start, 1, 2), 3, 4)).toEqual(await run(start, 1, 4))
  })

  it.each([...compiled, ...eager])('do not change frozen and unused parameters on %s', async (name) => {
    const { state } = await train(name, { steps: 2 })
    expect(state.parameters.positions).toEqual(blockParameters().positions)
    expect(state.parameters.unused).toEqual(blockParameters().unused)
    expect(state.firstMoments.positions).toBeUndefined()
    expect(state.firstMoments.unused!.data).toEqual(new Float32Array(3))
    expect(Object.keys(state.firstMoments).toSorted()).toEqual(Object.keys(blockProgram(0).groups).toSorted())
  })
})
