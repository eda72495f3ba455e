import type { Engine } from '../engine/program/engine.ts'
import { type Weights, weightsOf } from '../model/parameters.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import type { Tensor } from '../tensor/tf.ts'
import { specsOf } from './tokens.ts'

/** Computes a function of weights and inputs once, as a separate inference graph. */
export async function infer<N extends string>(
  engine: Engine,
  name: string,
  parameters: NamedHostTensors,
  inputs: NamedHostTensors,
  run: (parameters: Weights, input: Weights) => Readonly<Record<N, Tensor>>,
): Promise<Record<N, HostTensor>> {
  const session = await engine.inference(
    { name, inputs: specsOf(inputs), run: (parameters, inputs) => run(weightsOf(parameters), weightsOf(inputs)) },
    parameters,
  )
  try {
    return (await session.run(inputs)) as Record<N, HostTensor>
  } finally {
    await session.dispose()
  }
}
