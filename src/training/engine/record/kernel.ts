import type { Graph, Value } from './graph/graph.ts'

/** Records one tfjs kernel: from the values of its inputs and its attributes to its output (or outputs) in the graph. */
export type Kernel = (
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
  attributes: object,
) => Value | readonly Value[]

/** tfjs kernel names to how they are recorded. */
export type KernelTable = Readonly<Record<string, Kernel>>

/** Types a kernel's inputs and attributes as tfjs-core declares them. */
export function kernel<Inputs extends string, Attributes = object>(
  record: (graph: Graph, inputs: Readonly<Record<Inputs, Value>>, attributes: Attributes) => Value | readonly Value[],
): Kernel {
  return (graph, inputs, attributes) => record(graph, inputs as Record<Inputs, Value>, attributes as Attributes)
}
