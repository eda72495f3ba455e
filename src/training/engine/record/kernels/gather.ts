import { StudioError } from '#contract/api/errors.ts'
import type * as tf from '../../../tensor/tf.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { kernel, type KernelTable } from '../kernel.ts'
import { reshape } from '../reshape.ts'
import { elementType } from '../symbolic-backend.ts'

const toInt64 = (graph: Graph, x: Value): Value =>
  graph.node('Cast', [x], { shape: x.shape, type: 'int64' }, { to: { int: 7 } })

/** Gathers along the axis after the `batchDimensions` leading axes, which x and the indices share. */
function gather(graph: Graph, x: Value, indices: Value, axis: number, batchDimensions: number): Value {
  const along = axis < 0 ? axis + x.shape.length : axis
  const shape = [...x.shape.slice(0, along), ...indices.shape.slice(batchDimensions), ...x.shape.slice(along + 1)]
  const spec = { shape, type: x.type }
  if (batchDimensions === 0) return graph.node('Gather', [x, indices], spec, { axis: { int: along } })
  if (along !== batchDimensions) {
    const message = `A compiled engine gathers with ${batchDimensions} batch axes along axis ${batchDimensions} only, not ${along}.`
    throw new StudioError('engine-unavailable', message, 'Transpose before gathering.')
  }
  const positions = reshape(graph, toInt64(graph, indices), [...indices.shape, 1])
  return graph.node('GatherND', [x, positions], spec, { batch_dims: { int: batchDimensions } })
}

function gatherNd(graph: Graph, params: Value, indices: Value): Value {
  const depth = indices.shape.at(-1) ?? 0
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
  return graph.node('GatherND', [params, toInt64(graph, indices)], { shape, type: params.type })
}

function oneHot(graph: Graph, indices: Value, { depth, onValue, offValue, dtype }: tf.OneHotAttrs): Value {
  const shape = [...indices.shape, depth]
  const positions = graph.constant(
    Int32Array.from({ length: depth }, (_, i) => i),
    { shape: [depth], type: 'int32' },
  )
  const isOn = graph.node('Equal', [reshape(graph, indices, [...indices.shape, 1]), positions], { shape, type: 'bool' })
  const type = elementType(dtype ?? 'int32')
  const number = (value: number): Value => graph.splat(value, { shape: [], type })
  return graph.node('Where', [isOn, number(onValue), number(offValue)], { shape, type })
}

/** Kernels that pick elements by index. */
export const gathers: KernelTable = {
  GatherV2: kernel<'x' | 'indices', tf.GatherV2Attrs>((graph, { x, indices }, { axis, batchDims }) =>
    gather(graph, x, indices, axis, batchDims),
  ),
  GatherNd: kernel<'params' | 'indices'>((graph, { params, indices }) => gatherNd(graph, params, indices)),
  OneHot: kernel<'indices', tf.OneHotAttrs>((graph, { indices }, attributes) => oneHot(graph, indices, attributes)),
}
