import type { InferenceProgram } from '../engine/program/engine.ts'
import { withDynamicBatch } from '../engine/record/graph/dynamic-batch.ts'
import type { ConstantData, Value } from '../engine/record/graph/graph.ts'
import { record } from '../engine/record/record.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

/** A model as standard ONNX operators with a dynamic batch; weights are constants. */
export interface PortableGraph {
  readonly outputs: Readonly<Record<string, Value>>
  /** The published name of a weight; undefined for other values. */
  readonly nameOf: (value: Value) => string | undefined
}

/** Records a model. `program` returns it for a batch size; inputs and outputs keep their names. */
export function portableGraph(
  program: (batch: number) => InferenceProgram,
  parameters: NamedHostTensors,
): PortableGraph {
  const outputs = withDynamicBatch((batch) => {
    const { name, inputs, run } = program(batch)
    return record(
      name,
      (recording) => {
        const weights = Object.entries(parameters).map(
          ([key, { data, shape, dtype }]) => [key, recording.constant(data, { shape, type: dtype })] as const,
        )
        const given = Object.entries(inputs).map(
          ([key, { shape, dtype }]) => [key, recording.input(key, { shape, type: dtype })] as const,
        )
        return run(Object.fromEntries(weights), Object.fromEntries(given))
      },
      { isPortable: true },
    )
  })
  const names = new Map<ConstantData, string>(Object.entries(parameters).map(([name, { data }]) => [data, name]))
  return { outputs, nameOf: ({ source }) => (source.kind === 'constant' ? names.get(source.data) : undefined) }
}
