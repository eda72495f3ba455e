import { util, type ArgMaxAttrs, type LogSoftmaxAttrs, type SoftmaxAttrs, type SumAttrs } from '../../../tensor/tf.ts'
import { withFactor, withoutFactor } from '../arithmetic.ts'
import { sizeOf, type Graph, type Value } from '../graph/graph.ts'
import { kernel, type Kernel, type KernelTable } from '../kernel.ts'
import { cast } from './elementwise.ts'

/** All of tfjs's reductions share these attributes. */
type ReductionAttributes = Pick<SumAttrs, 'axis' | 'keepDims'>

const reduction = (operator: string): Kernel =>
  kernel<'x', ReductionAttributes>((graph, { x }, { axis, keepDims }) =>
    reduce(graph, operator, x, util.parseAxisParam(axis, [...x.shape]), keepDims),
  )

function reduce(graph: Graph, operator: string, x: Value, axes: readonly number[], keepDimensions: boolean): Value {
  const input = x.type === 'bool' ? cast(graph, x, 'int32') : x
  const shape = reducedShape(x.shape, axes, keepDimensions)
  if (axes.length === 0) return input
  const attributes = { keepdims: { int: Number(keepDimensions) } }
  if (input.source.kind === 'splat' && operator !== 'ReduceProd') {
    const count = operator === 'ReduceSum' ? sizeOf(x.shape) / sizeOf(shape) : 1
    return graph.splat(input.source.number * count, { shape, type: input.type })
  }
  const [inner, factor] =
    operator === 'ReduceSum' || operator === 'ReduceMean' ? withoutFactor(graph, input) : [input, 1]
  return withFactor(
    graph,
    graph.node(operator, [inner, graph.integers(axes)], { shape, type: input.type }, attributes),
    factor,
  )
}

function reducedShape(shape: readonly number[], axes: readonly number[], keepDimensions: boolean): number[] {
  return shape.flatMap((dimension, axis) => (!axes.includes(axis) ? [dimension] : keepDimensions ? [1] : []))
}

const softmax = (operator: string): Kernel =>
  kernel<'logits', SoftmaxAttrs | LogSoftmaxAttrs>((graph, { logits }, attributes) =>
    graph.node(operator, [logits], logits, { axis: { int: 'dim' in attributes ? attributes.dim : attributes.axis } }),
  )

function argMax(graph: Graph, x: Value, axis: number): Value {
  const shape = reducedShape(x.shape, [axis], false)
  const index = graph.node('ArgMax', [x], { shape, type: 'int64' }, { axis: { int: axis }, keepdims: { int: 0 } })
  return cast(graph, index, 'int32')
}

/** Kernels that reduce axes, or normalize along one. */
export const reductions: KernelTable = {
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: kernel<'x', { reductionIndices: number | number[]; keepDims: boolean }>(
    (graph, { x }, { reductionIndices, keepDims }) =>
      reduce(graph, 'ReduceMax', x, util.parseAxisParam(reductionIndices, [...x.shape]), keepDims),
  ),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  ArgMax: kernel<'x', ArgMaxAttrs>((graph, { x }, { axis }) =>
    argMax(graph, x, util.parseAxisParam(axis, [...x.shape])[0] ?? 0),
  ),
}
