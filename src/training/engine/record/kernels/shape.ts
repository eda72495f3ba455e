import { slice_util, backend_util, util } from '../../../tensor/tf.ts'
import type * as tf from '../../../tensor/tf.ts'
import { expand, withFactor, withoutFactor } from '../arithmetic.ts'
import { sizeOf, type Graph, type Value } from '../graph/graph.ts'
import { kernel, type KernelTable } from '../kernel.ts'
import { reshape } from '../reshape.ts'
import { elementType } from '../symbolic-backend.ts'

export function transpose(graph: Graph, x: Value, permutation: readonly number[]): Value {
  if (permutation.every((axis, i) => axis === i)) return x
  const shape = permutation.map((axis) => x.shape[axis] ?? 0)
  if (x.source.kind === 'splat') return graph.splat(x.source.number, { shape, type: x.type })
  const [inner, factor] = withoutFactor(graph, x)
  return withFactor(
    graph,
    graph.node('Transpose', [inner], { shape, type: x.type }, { perm: { ints: permutation } }),
    factor,
  )
}

function slice(graph: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  const ends = begin.map((start, axis) => start + (size[axis] ?? 0))
  const axes = begin.flatMap((start, axis) => (start === 0 && size[axis] === x.shape[axis] ? [] : [axis]))
  if (axes.length === 0) return x
  if (x.source.kind === 'splat') return graph.splat(x.source.number, { shape: size, type: x.type })
  const along = (numbers: readonly number[]): Value => graph.integers(axes.map((axis) => numbers[axis] ?? 0))
  return graph.node('Slice', [x, along(begin), along(ends), graph.integers(axes)], { shape: size, type: x.type })
}

function concat(graph: Graph, tensors: readonly Value[], axis: number): Value {
  const filled = tensors.filter(({ shape }) => sizeOf(shape) > 0)
  const [first] = filled.length > 0 ? filled : tensors
  if (first === undefined) throw new Error('A concatenation needs at least one tensor.')
  if (filled.length <= 1) return first
  const shape = backend_util.computeOutShape(
    filled.map(({ shape }) => [...shape]),
    axis,
  )
  return graph.node('Concat', filled, { shape, type: first.type }, { axis: { int: axis } })
}

function split(graph: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  if (sizes.length === 1) return [x]
  const outputs = sizes.map((size) => ({ shape: x.shape.with(axis, size), type: x.type }))
  return graph.nodes('Split', [x, graph.integers(sizes)], outputs, { axis: { int: axis } })
}

function pack(graph: Graph, tensors: readonly Value[], axis: number): Value {
  return concat(
    graph,
    tensors.map((tensor) => reshape(graph, tensor, tensor.shape.toSpliced(axis, 0, 1))),
    axis,
  )
}

function unpack(graph: Graph, x: Value, axis: number): readonly Value[] {
  const count = x.shape[axis] ?? 0
  const slices = split(
    graph,
    x,
    Array.from({ length: count }, () => 1),
    axis,
  )
  return slices.map((slice) => reshape(graph, slice, x.shape.toSpliced(axis, 1)))
}

function tile(graph: Graph, x: Value, repetitions: readonly number[]): Value {
  const shape = x.shape.map((dimension, axis) => dimension * (repetitions[axis] ?? 1))
  if (x.shape.every((dimension, axis) => dimension === 1 || repetitions[axis] === 1)) return expand(graph, x, shape)
  if (x.source.kind === 'splat') return graph.splat(x.source.number, { shape, type: x.type })
  return graph.node('Tile', [x, graph.integers(repetitions)], { shape, type: x.type })
}

function pad(graph: Graph, x: Value, paddings: readonly (readonly [number, number])[], number: number): Value {
  const shape = x.shape.map((dimension, axis) => dimension + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0))
  const pads = graph.integers([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)])
  return graph.node(
    'Pad',
    [x, pads, graph.splat(number, { shape: [], type: x.type })],
    { shape, type: x.type },
    { mode: { string: 'constant' } },
  )
}

const filled = (number: number) => kernel<'x'>((graph, { x }) => graph.splat(number, x))

function fill(graph: Graph, { shape, value, dtype }: tf.FillAttrs): Value {
  return graph.splat(Number(value), { shape, type: elementType(dtype ?? 'float32') })
}

function range(graph: Graph, { start, stop, step, dtype }: tf.RangeAttrs): Value {
  const count = Math.max(Math.ceil((stop - start) / step), 0)
  const numbers = Array.from({ length: count }, (_, i) => start + i * step)
  return graph.constant(dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers), {
    shape: [count],
    type: dtype,
  })
}

/** Kernels that move elements without changing them, and those that create constants. */
export const shapes: KernelTable = {
  Reshape: kernel<'x', tf.ReshapeAttrs>((graph, { x }, { shape }) =>
    reshape(graph, x, util.inferFromImplicitShape([...shape], sizeOf(x.shape))),
  ),
  ExpandDims: kernel<'input', tf.ExpandDimsAttrs>((graph, { input }, { dim }) => {
    const axis = dim < 0 ? input.shape.length + 1 + dim : dim
    return reshape(graph, input, input.shape.toSpliced(axis, 0, 1))
  }),
  Transpose: kernel<'x', tf.TransposeAttrs>((graph, { x }, { perm }) => transpose(graph, x, perm)),
  Slice: kernel<'x', tf.SliceAttrs>((graph, { x }, attributes) => {
    const like: tf.TensorInfo = { dataId: {}, shape: [...x.shape], dtype: 'float32' }
    const [begin = [], size = []] = slice_util.parseSliceParams(like, attributes.begin, attributes.size)
    return slice(graph, x, begin, size)
  }),
  Concat: kernel<string, tf.ConcatAttrs>((graph, inputs, { axis }) => {
    const tensors = Object.values(inputs)
    return concat(graph, tensors, util.parseAxisParam(axis, [...(tensors[0]?.shape ?? [])])[0] ?? 0)
  }),
  SplitV: kernel<'x', tf.SplitVAttrs>((graph, { x }, { numOrSizeSplits, axis }) => {
    const along = util.parseAxisParam(axis, [...x.shape])[0] ?? 0
    const like = { shape: [...x.shape] } as tf.Tensor
    return split(graph, x, backend_util.prepareSplitSize(like, numOrSizeSplits, along), along)
  }),
  Pack: kernel<string, tf.PackAttrs>((graph, inputs, { axis }) => pack(graph, Object.values(inputs), axis)),
  Unpack: kernel<'value', tf.UnpackAttrs>((graph, { value }, { axis }) =>
    unpack(graph, value, axis < 0 ? axis + value.shape.length : axis),
  ),
  Tile: kernel<'x', tf.TileAttrs>((graph, { x }, { reps }) => tile(graph, x, reps)),
  PadV2: kernel<'x', tf.PadV2Attrs>((graph, { x }, { paddings, constantValue }) =>
    pad(graph, x, paddings, constantValue),
  ),
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Fill: kernel<never, tf.FillAttrs>((graph, _inputs, attributes) => fill(graph, attributes)),
  Range: kernel<never, tf.RangeAttrs>((graph, _inputs, attributes) => range(graph, attributes)),
}
