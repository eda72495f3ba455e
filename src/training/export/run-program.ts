import type { Engine, InferenceProgram, NamedHostTensors } from '../engine/engine.ts'

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
