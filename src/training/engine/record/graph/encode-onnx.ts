import onnxProto from 'onnx-proto'
import { StudioError } from '#contract/api/errors.ts'
import { executionOrder } from './execution-order.ts'
import { sizeOf, type Attribute, type ConstantData, type ElementType, type GraphNode, type Value } from './graph.ts'
import { halfFormats } from './half-numbers.ts'
import { ValueNames } from './value-names.ts'

const { onnx } = onnxProto

/** An encoded graph. */
export interface OnnxModel {
  readonly bytes: Uint8Array
  readonly nodeCount: number
  /** Inputs that the outputs depend on. Others are left out of the model. */
  readonly inputNames: ReadonlySet<string>
}

/** Options for exported models. */
export interface OnnxOptions {
  readonly metadata?: Readonly<Record<string, string>>
  /** Names for some constants, such as weights. A name that is already used is ignored. */
  readonly nameOf?: (value: Value) => string | undefined
  /** Called for every constant. If it returns a location, the model refers to it instead of containing the constant. */
  readonly external?: (data: ConstantData) => ExternalData | undefined
  /**
   * Writes the nodes in reverse. ONNX Runtime traverses a graph depth first from the last node of the file, so it then executes the nodes in
   * the order of recording. Other runtimes require each node after those that it uses.
   */
  readonly isLastFirst?: boolean
}

/** Location of a constant's bytes in a file next to the model. */
export interface ExternalData {
  readonly location: string
  readonly offset: number
  readonly length: number
}

const opset = 20
const runtimeDomain = 'com.microsoft'

export const elementTypes: Readonly<Record<ElementType, number>> = {
  float32: onnx.TensorProto.DataType.FLOAT,
  float16: onnx.TensorProto.DataType.FLOAT16,
  bfloat16: onnx.TensorProto.DataType.BFLOAT16,
  int32: onnx.TensorProto.DataType.INT32,
  int64: onnx.TensorProto.DataType.INT64,
  bool: onnx.TensorProto.DataType.BOOL,
}

/**
 * Encodes what `outputs` need as an ONNX model (IR version 9, opset 20). Lengths of -1 are called `batch`.
 * @throws StudioError `out-of-memory` if it exceeds the 2 GiB of an ONNX file
 */
export function encodeOnnx(
  name: string,
  outputs: Readonly<Record<string, Value>>,
  { metadata = {}, nameOf, external, isLastFirst = false }: OnnxOptions = {},
): OnnxModel {
  const nodes = executionOrder(Object.values(outputs))
  const leaves = new Set([
    ...Object.values(outputs),
    ...nodes.flatMap((node) => node.inputs.filter((input) => input !== undefined)),
  ])
  const inputs = [...leaves].filter((value) => value.source.kind === 'input')
  const names = new ValueNames(outputs, [...leaves], nameOf)
  const usesRuntimeOperators = nodes.some(({ operator }) => operator.startsWith(`${runtimeDomain}.`))
  const model = onnx.ModelProto.create({
    irVersion: 9,
    producerName: 'MVD Studio',
    opsetImport: [
      { domain: '', version: opset },
      ...(usesRuntimeOperators ? [{ domain: runtimeDomain, version: 1 }] : []),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name,
      node: [
        ...(isLastFirst ? nodes.toReversed() : nodes).map((node) => nodeProto(node, names)),
        ...names.copies.map(([value, output]) => ({ opType: 'Identity', input: [names.of(value)], output: [output] })),
      ],
      initializer: [...leaves].filter(isConstant).map((value) => tensorProto(names.of(value), value, external)),
      input: inputs.map((value) => valueInfo(names.of(value), value)),
      output: Object.entries(outputs).map(([output, value]) => valueInfo(output, value)),
      valueInfo: nodes.flatMap((node) =>
        node.outputs.filter(isOfKnownShape).map((value) => valueInfo(names.of(value), value)),
      ),
    },
  })
  return {
    bytes: serialize(name, model),
    nodeCount: nodes.length,
    inputNames: new Set(inputs.map((value) => names.of(value))),
  }
}

function serialize(name: string, model: InstanceType<typeof onnx.ModelProto>): Uint8Array {
  try {
    return onnx.ModelProto.encode(model).finish()
  } catch (cause) {
    const message = `The graph of '${name}' cannot be encoded: its constants exceed the 2 GiB of an ONNX file.`
    throw new StudioError(
      'out-of-memory',
      message,
      'Use a smaller model, or choose the engine "tensorflow" or "wasm".',
      { cause },
    )
  }
}

const isOfKnownShape = ({ shape }: Value): boolean => shape.every((length) => length >= 0)

const isConstant = (value: Value): boolean => value.source.kind === 'constant' || value.source.kind === 'splat'

function nodeProto(node: GraphNode, names: ValueNames): InstanceType<typeof onnx.NodeProto> {
  const dot = node.operator.lastIndexOf('.')
  return onnx.NodeProto.create({
    name: `${node.operator}_${node.outputs[0]?.id}`,
    domain: node.operator.slice(0, Math.max(dot, 0)),
    opType: node.operator.slice(dot + 1),
    input: node.inputs.map((input) => (input === undefined ? '' : names.of(input))),
    output: node.outputs.map((output) => names.of(output)),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  })
}

function attributeProto(name: string, attribute: Attribute): InstanceType<typeof onnx.AttributeProto> {
  const { AttributeType } = onnx.AttributeProto
  if ('int' in attribute) return onnx.AttributeProto.create({ name, type: AttributeType.INT, i: attribute.int })
  if ('ints' in attribute)
    return onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...attribute.ints] })
  if ('float' in attribute) return onnx.AttributeProto.create({ name, type: AttributeType.FLOAT, f: attribute.float })
  return onnx.AttributeProto.create({ name, type: AttributeType.STRING, s: new TextEncoder().encode(attribute.string) })
}

function tensorProto(
  name: string,
  value: Value,
  external: OnnxOptions['external'],
): InstanceType<typeof onnx.TensorProto> {
  const data = constantData(value)
  const { TensorProto } = onnx
  const common = { name, dims: [...value.shape], dataType: elementTypes[value.type] }
  const location = external?.(data)
  if (location === undefined)
    return TensorProto.create({ ...common, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) })
  const externalData = Object.entries(location).map(([key, entry]) => ({ key, value: String(entry) }))
  return TensorProto.create({ ...common, dataLocation: TensorProto.DataLocation.EXTERNAL, externalData })
}

/** The elements of a constant or splat. */
export function constantData(value: Value): ConstantData {
  if (value.source.kind === 'constant') return value.source.data
  const number = value.source.kind === 'splat' ? value.source.number : 0
  const size = sizeOf(value.shape)
  switch (value.type) {
    case 'float32':
      return new Float32Array(size).fill(number)
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(size).fill(halfFormats[value.type].bitsOf([number])[0] ?? 0)
    case 'int32':
      return new Int32Array(size).fill(number)
    case 'int64':
      return new BigInt64Array(size).fill(BigInt(number))
    case 'bool':
      return new Uint8Array(size).fill(number)
  }
}

function valueInfo(name: string, value: Value): InstanceType<typeof onnx.ValueInfoProto> {
  const shape = { dim: value.shape.map((length) => (length < 0 ? { dimParam: 'batch' } : { dimValue: length })) }
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType: elementTypes[value.type], shape } } })
}
