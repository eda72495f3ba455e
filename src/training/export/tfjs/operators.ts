import type { GraphNode, Value } from '../../engine/record/graph/graph.ts'
import type { TfGraph } from './tf-graph.ts'

/** What writing an operator needs: the graph, the names of its inputs, and constants in other forms. */
export interface Emission {
  readonly tf: TfGraph
  readonly node: GraphNode
  /** Name of the input in the graph. */
  ref(index: number): string
  /** The values of an input that is a constant vector; undefined if it is computed. */
  integers(index: number): readonly number[] | undefined
  /** A transposed constant matrix; undefined for other inputs. */
  transposed(index: number): string | undefined
}

/** Writes an ONNX operator as TensorFlow operators. Returns the names of its outputs. */
type Operator = (emission: Emission) => string | readonly string[]

const yes = { b: true } as const

const elementwise =
  (op: string): Operator =>
  ({ tf, node, ref }) =>
    tf.node(
      op,
      node.inputs.map((_, index) => ref(index)),
    )

/** Values that TF.js reads as lengths or axes: int64 constants are converted to int32. */
const lengths = ({ tf, ref, integers }: Emission, index: number): string => {
  const numbers = integers(index)
  return numbers === undefined ? ref(index) : tf.integers(numbers)
}

/** The ONNX operators of recorded models as TensorFlow operators. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: elementwise('AddV2'),
  Mul: elementwise('Mul'),
  ReduceMean: (emission) =>
    emission.tf.node('Mean', [emission.ref(0), lengths(emission, 1)], {
      keep_dims: { b: int(emission.node, 'keepdims', 1) === 1 },
    }),
  MatMul: ({ tf, ref }) => tf.node('BatchMatMulV2', [ref(0), ref(1)], { adj_x: { b: false }, adj_y: { b: false } }),
  Softmax: ({ tf, ref }) => tf.node('Softmax', [ref(0)]),
  Transpose: ({ tf, node, ref }) => tf.node('Transpose', [ref(0), tf.integers(ints(node, 'perm'))]),
  Reshape: (emission) => emission.tf.node('Reshape', [emission.ref(0), lengths(emission, 1)]),
  Expand: (emission) => emission.tf.node('BroadcastTo', [emission.ref(0), lengths(emission, 1)]),
  Concat: ({ tf, node, ref }) =>
    tf.node('ConcatV2', [...node.inputs.map((_, index) => ref(index)), tf.integers(int(node, 'axis', 0))], {
      N: { i: String(node.inputs.length) },
    }),
  Gelu: ({ tf, ref }) => gelu(tf, ref(0)),
  LayerNormalization: ({ tf, node, ref }) => layerNormalization(tf, node, ref),
  Gemm: (emission) => gemm(emission),
  Split: (emission) => {
    const { tf, node, ref } = emission
    const name = tf.node('SplitV', [ref(0), lengths(emission, 1), tf.integers(int(node, 'axis', 0))])
    return node.outputs.map((_, index) => `${name}:${index}`)
  },
  Slice: ({ tf, node, ref, integers }) => {
    const [begins, ends, axes] = [integers(1), integers(2), integers(3)]
    const rank = node.inputs[0]?.shape.length ?? 0
    const along = (numbers: readonly number[] | undefined, axis: number, otherwise: number) =>
      numbers?.[axes?.indexOf(axis) ?? -1] ?? otherwise
    const starts = Array.from({ length: rank }, (_, axis) => along(begins, axis, 0))
    // A size of -1 reaches to the end.
    const sizes = starts.map((start, axis) => (axes?.includes(axis) === true ? along(ends, axis, 0) - start : -1))
    return tf.node('Slice', [ref(0), tf.integers(starts), tf.integers(sizes)])
  },
  Shape: ({ tf, node, ref }) => {
    const [start, end] = [int(node, 'start', 0), int(node, 'end', 0)]
    return tf.node('Slice', [tf.node('Shape', [ref(0)]), tf.integers([start]), tf.integers([end - start])])
  },
}

/** alpha · A · B + C. TF.js multiplies fastest without transposition, so constants are transposed here and not at run time. */
function gemm({ tf, node, ref, transposed }: Emission): string {
  const isSwapped = int(node, 'transB', 0) === 1
  const constant = isSwapped ? transposed(1) : undefined
  const product = tf.node('MatMul', [ref(0), constant ?? ref(1)], {
    transpose_a: { b: int(node, 'transA', 0) === 1 },
    transpose_b: { b: isSwapped && constant === undefined },
  })
  const alpha = float(node, 'alpha', 1)
  const scaled = alpha === 1 ? product : tf.node('Mul', [product, tf.scalar(alpha)])
  if (node.inputs[2] === undefined) return scaled
  const beta = float(node, 'beta', 1)
  return tf.node('AddV2', [scaled, beta === 1 ? ref(2) : tf.node('Mul', [ref(2), tf.scalar(beta)])])
}

/** x · (1 + erf(x / √2)) / 2. */
function gelu(tf: TfGraph, x: string): string {
  const erf = tf.node('Erf', [tf.node('Mul', [x, tf.scalar(Math.SQRT1_2)])])
  return tf.node('Mul', [tf.node('Mul', [x, tf.scalar(0.5)]), tf.node('AddV2', [erf, tf.scalar(1)])])
}

/** Over the last axis: (x − mean) / √(variance + ε) · scale + shift. */
function layerNormalization(tf: TfGraph, node: GraphNode, ref: Emission['ref']): string {
  const axis = tf.integers([-1])
  const mean = (x: string): string => tf.node('Mean', [x, axis], { keep_dims: yes })
  const centered = tf.node('Sub', [ref(0), mean(ref(0))])
  const variance = mean(tf.node('Square', [centered]))
  const normalized = tf.node('Mul', [
    centered,
    tf.node('Rsqrt', [tf.node('AddV2', [variance, tf.scalar(float(node, 'epsilon', 1e-5))])]),
  ])
  const scaled = tf.node('Mul', [normalized, ref(1)])
  return node.inputs[2] === undefined ? scaled : tf.node('AddV2', [scaled, ref(2)])
}

function int({ attributes }: GraphNode, name: string, otherwise: number): number {
  const attribute = attributes[name]
  return attribute !== undefined && 'int' in attribute ? attribute.int : otherwise
}

function float({ attributes }: GraphNode, name: string, otherwise: number): number {
  const attribute = attributes[name]
  return attribute !== undefined && 'float' in attribute ? attribute.float : otherwise
}

function ints({ attributes }: GraphNode, name: string): readonly number[] {
  const attribute = attributes[name]
  return attribute !== undefined && 'ints' in attribute ? attribute.ints : []
}

/** The values of a constant vector. */
export function constantIntegers(value: Value | undefined): readonly number[] | undefined {
  if (value?.source.kind === 'splat')
    return Array.from({ length: value.shape[0] ?? 1 }, () => (value.source.kind === 'splat' ? value.source.number : 0))
  return value?.source.kind === 'constant' ? Array.from(value.source.data, Number) : undefined
}
