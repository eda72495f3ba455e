import { StudioError } from '#contract/api/errors.ts'
import * as tf from '../../tensor/tf.ts'
import {
  isHalf,
  sameShape,
  sizeOf,
  type ConstantData,
  type ElementType,
  type Graph,
  type Value,
} from './graph/graph.ts'
import { reshape } from './reshape.ts'

/** A tfjs backend whose tensors are values of a graph: kernels add nodes to it instead of computing. */
export class SymbolicBackend extends tf.KernelBackend {
  #values = new WeakMap<object, Value>()
  #graph: Graph | undefined

  /** Runs `body`; kernels add nodes to `graph`. */
  recordInto<T>(graph: Graph, body: () => T): T {
    if (this.#graph !== undefined) throw new Error('A recording is already in progress.')
    this.#graph = graph
    try {
      return body()
    } finally {
      this.#graph = undefined
    }
  }

  get graph(): Graph {
    if (this.#graph === undefined)
      throw new Error('Tensors of the symbolic backend exist only while a program is recorded.')
    return this.#graph
  }

  get recomputesAttention(): boolean {
    return this.#graph?.recomputesAttention === true
  }

  /** A new tfjs tensor that represents a value. */
  tensorInfo(value: Value): tf.TensorInfo {
    if (value.type === 'int64' || isHalf(value.type)) throw new Error(`tfjs has no ${value.type}.`)
    const dataId = {}
    this.#values.set(dataId, value)
    return { dataId, shape: [...value.shape], dtype: value.type }
  }

  recorded(info: tf.TensorInfo): Value {
    const value = this.#values.get(info.dataId)
    if (value === undefined) throw new Error('The tensor is not part of this recording.')
    if (sizeOf(value.shape) !== sizeOf(info.shape))
      throw new Error(`A tensor of shape [${info.shape}] holds a value of shape [${value.shape}].`)
    return sameShape(value.shape, info.shape) ? value : reshape(this.graph, value, info.shape)
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {}
    this.move(dataId, values, shape, dtype)
    return dataId
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    const type = elementType(dtype)
    this.#values.set(dataId, this.graph.constant(constantData(values, type), { shape, type }))
  }

  override readSync(dataId: object): tf.BackendValues {
    const value = this.#values.get(dataId)
    if (
      value?.source.kind === 'constant' &&
      !(value.source.data instanceof BigInt64Array || value.source.data instanceof Uint16Array)
    )
      return value.source.data
    if (value?.source.kind === 'splat') return new Float32Array(sizeOf(value.shape)).fill(value.source.number)
    throw new StudioError(
      'engine-unavailable',
      'The program reads a value while it is recorded, so it cannot be compiled.',
      'Choose the engine "tensorflow", "wasm" or "cpu", and report this defect.',
    )
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId))
  }

  override disposeData(dataId: object): boolean {
    return this.#values.delete(dataId)
  }

  override refCount(): number {
    return 1
  }

  override incRef(): void {
    // Every tensor has its own data id: the recorded Identity makes a new one.
  }

  override numDataIds(): number {
    return 0
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override dispose(): void {
    this.#values = new WeakMap()
  }
}

export function elementType(dtype: tf.DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new StudioError(
    'engine-unavailable',
    `A recorded program cannot hold tensors of type ${dtype}.`,
    'Report this defect.',
  )
}

function constantData(values: tf.BackendValues, type: ElementType): ConstantData {
  if (values.length > 0 && typeof values[0] !== 'number') throw new Error('A recorded program can hold numbers only.')
  const numbers = values as ArrayLike<number>
  if (type === 'int32') return values instanceof Int32Array ? values : Int32Array.from(numbers)
  if (type === 'bool') return values instanceof Uint8Array ? values : Uint8Array.from(numbers)
  return values instanceof Float32Array ? values : Float32Array.from(numbers)
}
