import type { Engine, InferenceProgram, StepResult, TrainingState } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { checkedProgram } from './trial-program.ts'

/** Comparison of two training steps on an engine with the same steps in plain JavaScript. */
export interface SelfTest {
  readonly passed: boolean
  /** The largest difference in any tensor, relative to that tensor's largest number; infinite if the engine returned NaN or infinity. */
  readonly worstDifference: number
  readonly sentence: string
}

/**
 * The largest difference that passes. Measured engines differ by 1e-6 to 1e-5 in float32, and by up to 2e-3 with products in TF32 (NVIDIA
 * cards). A wrong kernel or optimizer differs by more than 3e-2; the test of this file breaks them one by one.
 */
export const selfTestTolerance = 1e-2

const steps = 2
/** Large, so that an update is visible next to the weights. */
const learningRate = 0.02

/** Runs `twoSteps` and compares losses, gradient norms, outputs, updates, moments and predictions with those of another engine. */
export async function selfTest(engine: Engine, expected: TwoSteps): Promise<SelfTest> {
  const worst = worstOf(compare(await twoSteps(engine), expected))
  const passed = worst.difference <= selfTestTolerance
  return { passed, worstDifference: worst.difference, sentence: describe(worst, passed) }
}

function describe({ name, difference }: Difference, passed: boolean): string {
  if (difference === 0) return 'Two steps equal plain JavaScript bit by bit.'
  if (!Number.isFinite(difference)) return `Two steps give NaN or infinity: ${name}.`
  const share = difference.toExponential(1)
  return passed
    ? `Two steps agree with plain JavaScript: largest difference ${share} (${name}).`
    : `Two steps differ from plain JavaScript: ${name} by ${share}, more than ${selfTestTolerance}.`
}

/** Results of two training steps from a fixed state, and a prediction. */
export interface TwoSteps {
  readonly start: NamedHostTensors
  readonly results: readonly StepResult[]
  readonly state: TrainingState
  /** Of the initial model, computed as for evaluation and frozen teachers: engines can use other operators for that. */
  readonly predictions: NamedHostTensors
}

/** Runs the steps of the self-test on an engine. */
export async function twoSteps(engine: Engine): Promise<TwoSteps> {
  const { program, prediction, parameters, inputs } = checkedProgram()
  const predictions = await predict(engine, prediction, parameters, inputs(1))
  const session = await engine.training(program, initialState(parameters, program.groups))
  try {
    const results: StepResult[] = []
    for (let step = 1; step <= steps; step++) results.push(await session.step(inputs(step), learningRate, step))
    return { start: parameters, results, state: await session.readState(), predictions }
  } finally {
    await session.dispose()
  }
}

async function predict(
  engine: Engine,
  program: InferenceProgram,
  parameters: NamedHostTensors,
  inputs: NamedHostTensors,
): Promise<NamedHostTensors> {
  const session = await engine.inference(program, parameters)
  try {
    return await session.run(inputs)
  } finally {
    await session.dispose()
  }
}

interface Difference {
  readonly name: string
  readonly difference: number
}

function compare(actual: TwoSteps, expected: TwoSteps): Difference[] {
  const results = expected.results.flatMap((result, index): Difference[] => {
    const other = actual.results[index]
    const at = `step ${index + 1}`
    return [
      { name: `the loss of ${at}`, difference: relativeDifference([other?.loss ?? Number.NaN], [result.loss]) },
      {
        name: `the gradient norm of ${at}`,
        difference: relativeDifference([other?.gradientNorm ?? Number.NaN], [result.gradientNorm]),
      },
      ...compareTensors(`of ${at}`, other?.outputs ?? {}, result.outputs),
    ]
  })
  const { firstMoments, secondMoments } = expected.state
  return [
    ...results,
    ...compareTensors('without training', actual.predictions, expected.predictions),
    // Updates, not weights: weights are larger and would hide a wrong update.
    ...compareTensors('after training', changes(actual), changes(expected)),
    ...compareTensors('in its first moment', actual.state.firstMoments, firstMoments),
    ...compareTensors('in its second moment', actual.state.secondMoments, secondMoments),
  ]
}

const changes = ({ start, state }: TwoSteps): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(state.parameters).map(([name, tensor]): [string, HostTensor] => [
      name,
      { ...tensor, data: Float32Array.from(tensor.data, (value, index) => value - (start[name]?.data[index] ?? 0)) },
    ]),
  )

const compareTensors = (when: string, actual: NamedHostTensors, expected: NamedHostTensors): Difference[] =>
  Object.entries(expected).map(([name, { data }]) => ({
    name: `${name} ${when}`,
    difference: relativeDifference(actual[name]?.data ?? [], data),
  }))

/** The largest difference, relative to the largest expected number. */
function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let largest = 0
  let difference = 0
  for (let index = 0; index < expected.length; index++) {
    const wanted = expected[index] ?? 0
    const off = Math.abs((actual[index] ?? 0) - wanted)
    if (!Number.isFinite(off)) return Number.POSITIVE_INFINITY
    largest = Math.max(largest, Math.abs(wanted))
    difference = Math.max(difference, off)
  }
  return difference === 0 ? 0 : difference / largest
}

function worstOf(differences: readonly Difference[]): Difference {
  return differences.reduce((worst, next) => (next.difference > worst.difference ? next : worst), {
    name: 'nothing',
    difference: 0,
  })
}
