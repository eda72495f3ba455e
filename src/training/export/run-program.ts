import type { Engine, InferenceProgram } from '../engine/program/engine.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

/** Runs a program once on an engine. */
export async function runProgram(
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
