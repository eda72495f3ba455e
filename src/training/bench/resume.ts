import type { BenchStepRequest } from '#contract/domain/bench.ts'
import type { Engine, TrainingState } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { openUntrainedTraining } from '../planning/untrained-models.ts'
import { doBatch } from '../run/step.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { benchConfiguration } from './configuration.ts'
import { randomDataset, repeatableClips } from './random-videos.ts'

/**
 * Trains a stage for `request.steps` steps twice: in one session, and in two, the second of which starts from the state of the first after
 * half of the steps, as a run resumes from a checkpoint.
 * @returns names of the tensors of the two final states whose bits differ
 */
export async function compareResumed(request: BenchStepRequest, engine: Engine): Promise<string[]> {
  const half = request.steps >> 1
  const whole = await train(request, engine, undefined, 0, request.steps)
  const before = await train(request, engine, undefined, 0, half)
  const after = await train(request, engine, before, half, request.steps)
  return (['parameters', 'firstMoments', 'secondMoments'] as const).flatMap((role) =>
    differing(whole[role], after[role]).map((name) => `${role}/${name}`),
  )
}

async function train(
  request: BenchStepRequest,
  engine: Engine,
  from: TrainingState | undefined,
  first: number,
  end: number,
): Promise<TrainingState> {
  const configuration = benchConfiguration(request)
  const manifest = randomDataset(configuration.clip, request.batch)
  const untrained = { stage: request.stage, configuration, manifest, labels: 'kind', models: {} }
  const stage = await openUntrainedTraining(untrained, engine, repeatableClips)
  try {
    const session = await engine.training(
      stage.program,
      from ?? initialState(stage.initialParameters, stage.program.groups),
    )
    try {
      for (let step = first; step < end; step++) await doBatch(stage, session, step, 0)
      return copyOf(await session.readState())
    } finally {
      await session.dispose()
    }
  } finally {
    await stage[Symbol.asyncDispose]()
  }
}

/** The state in other memory: the session's can be shared, and is used again. */
const copyOf = (state: TrainingState): TrainingState => ({
  ...state,
  parameters: copied(state.parameters),
  firstMoments: copied(state.firstMoments),
  secondMoments: copied(state.secondMoments),
})

const copied = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype, data }]) => [name, { shape, dtype, data: data.slice() }]),
  )

function differing(expected: NamedHostTensors, actual: NamedHostTensors): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)])
  return [...names].filter((name) => {
    const [one, other] = [expected[name]?.data, actual[name]?.data]
    if (one === undefined || other === undefined || one.length !== other.length) return true
    const bits = (data: typeof one): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    return Buffer.compare(bits(one), bits(other)) !== 0
  })
}
