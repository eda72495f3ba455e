import { onBackend } from '../../tensor/on-backend.ts'
import * as tf from '../../tensor/tf.ts'
import { absorbFactors } from './absorb-factors.ts'
import { Graph, type GraphOptions, type Spec, type Value } from './graph/graph.ts'
import { type HalfPrecision, inHalfPrecision } from './half-precision.ts'
import type { Kernel } from './kernel.ts'
import { elementwise } from './kernels/elementwise.ts'
import { fused } from './kernels/fused.ts'
import { gathers } from './kernels/gather.ts'
import { products } from './kernels/products.ts'
import { reductions } from './kernels/reduce.ts'
import { shapes } from './kernels/shape.ts'
import { SymbolicBackend } from './symbolic-backend.ts'

const backendName = 'symbolic'
const backend = new SymbolicBackend()
tf.registerBackend(backendName, () => backend, 0)
for (const [kernelName, record] of Object.entries({
  ...elementwise,
  ...fused,
  ...gathers,
  ...products,
  ...reductions,
  ...shapes,
})) {
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) => runKernel(record, inputs, attrs ?? {}),
  })
}

function runKernel(record: Kernel, inputs: tf.NamedTensorInfoMap, attributes: object): tf.TensorInfo | tf.TensorInfo[] {
  const values = Object.entries(inputs).flatMap(([name, info]) =>
    info === undefined ? [] : [[name, backend.recorded(info)] as const],
  )
  const result = record(backend.graph, Object.fromEntries(values), attributes)
  return 'source' in result ? backend.tensorInfo(result) : result.map((value) => backend.tensorInfo(value))
}

function tensor(value: Value): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.tensorInfo(value), backend)
}

/** Creates the tensors of a program that is recorded. */
export interface Recording {
  /** An input of the graph. */
  input(name: string, spec: Spec): tf.Tensor
  /** A constant of the graph. */
  constant(data: Float32Array | Int32Array, spec: Spec): tf.Tensor
}

export interface RecordOptions extends GraphOptions {
  /** Compute matrix products in half precision. Inputs and outputs stay float32. */
  readonly half?: HalfPrecision
}

/**
 * Records a program: runs it once on symbolic tensors and returns the graph values of its results, by name.
 * @throws StudioError `engine-unavailable` with the name of the kernel if one cannot be recorded
 */
export function record(
  name: string,
  program: (recording: Recording) => Readonly<Record<string, tf.Tensor>>,
  options: RecordOptions = {},
): Record<string, Value> {
  const graph = new Graph(options)
  const recording: Recording = {
    input: (inputName, spec) => tensor(graph.input(inputName, spec)),
    constant: (data, spec) => tensor(graph.constant(data, spec)),
  }
  return onBackend(backendName, name, () =>
    backend.recordInto(graph, () => {
      const results = Object.entries(program(recording)).map(([key, result]): [string, Value] => [
        key,
        backend.recorded(result),
      ])
      const values = absorbFactors(graph, Object.fromEntries(results))
      return options.half === undefined ? values : inHalfPrecision(values, options.half)
    }),
  )
}
