import type { HostTensor, NamedHostTensors } from '../../../../tensor/host-tensor.ts'
import { sizeOf } from '../../../record/graph/graph.ts'
import {
  isOnDevice,
  type Device,
  type DeviceTensor,
  type NamedOnnx,
  type OnnxTensor,
  type Session,
  type SessionOptions,
} from '../runtime.ts'
import type { Address } from './c-interface.ts'
import type { Library } from './library.ts'
import { withOptions } from './options.ts'

/** An output as the graph declares it. */
interface Output extends Pick<HostTensor, 'shape' | 'dtype'> {
  readonly name: string
  /** Whether it stays in the memory of the device. */
  readonly isKept: boolean
}

/** A value of ONNX Runtime in the memory of a device. */
class DeviceValue implements DeviceTensor {
  readonly isOnDevice = true
  readonly shape: readonly number[]
  readonly #library: Library
  #address: Address

  constructor(library: Library, address: Address, shape: readonly number[]) {
    this.#library = library
    this.#address = address
    this.shape = shape
  }

  get address(): Address {
    if (this.#address === 0n) throw new Error('A tensor of a device was used after its release.')
    return this.#address
  }

  dispose(): void {
    if (this.#address !== 0n) this.#library.release.value(this.#address)
    this.#address = 0n
  }
}

/**
 * A graph that is loaded through ONNX Runtime's C interface. Outputs are written into the tensors given for them, stay in the memory of the
 * device if they are kept, or else go to new host memory. Nothing else is copied.
 */
export class NativeSession implements Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly #library: Library
  readonly #session: Address
  readonly #outputs: readonly Output[]
  readonly #hostMemory: Address
  readonly #deviceMemory: Address
  readonly #running = new Set<Promise<NamedOnnx>>()
  #isReleased = false

  constructor(library: Library, environment: Address, model: Uint8Array, options: SessionOptions) {
    const { call } = library
    const [session] = withOptions(library, options, (address) =>
      call.createSessionFromArray(environment, model, model.byteLength, address),
    )
    this.#library = library
    this.#session = session
    this.inputNames = namesOf(library, call.inputCount(session), (index, allocator) =>
      call.inputName(session, index, allocator),
    )
    this.outputNames = namesOf(library, call.outputCount(session), (index, allocator) =>
      call.outputName(session, index, allocator),
    )
    const kept = new Set(options.kept)
    this.#outputs = this.outputNames.map((name, index) => ({
      name,
      ...declared(library, session, index),
      isKept: kept.has(name),
    }))
    this.#hostMemory = memoryOf(library, { kind: 'cpu' })
    this.#deviceMemory = memoryOf(library, options.device)
  }

  async run(feeds: NamedOnnx, given: NamedHostTensors = {}): Promise<NamedOnnx> {
    if (this.#isReleased) throw new Error('The session has been released.')
    const running = this.#compute(feeds, given)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #compute(feeds: NamedOnnx, given: NamedHostTensors): Promise<NamedOnnx> {
    const { call, release, runWithBinding } = this.#library
    const [binding] = call.createBinding(this.#session)
    /** Host tensors that ONNX Runtime reads and writes, by its values for them. */
    const held = new Map<Address, HostTensor>()
    const valueOf = (tensor: OnnxTensor): Address => {
      if (tensor instanceof DeviceValue) return tensor.address
      if (isOnDevice(tensor)) throw new Error('The tensor belongs to another device.')
      const value = this.#wrap(tensor)
      held.set(value, tensor)
      return value
    }
    try {
      for (const [name, tensor] of Object.entries(feeds)) call.bindInput(binding, name, valueOf(tensor))
      const results = this.#outputs.map((output): [string, HostTensor | undefined] => {
        const { name, isKept } = output
        const target = isKept ? undefined : (given[name] ?? hostTensor(output))
        if (target === undefined) call.bindOutputToDevice(binding, name, this.#deviceMemory)
        else call.bindOutput(binding, name, valueOf(target))
        return [name, target]
      })
      await runWithBinding(this.#session, binding)
      return {
        ...Object.fromEntries(results.flatMap(([name, target]) => (target === undefined ? [] : [[name, target]]))),
        ...this.#keptOutputs(binding),
      }
    } finally {
      // Until now `held` keeps the memory of inputs and outputs alive and in place.
      for (const value of held.keys()) release.value(value)
      release.binding(binding)
    }
  }

  /** A value of ONNX Runtime over host memory. */
  #wrap({ shape, dtype, data }: HostTensor): Address {
    const [value] = this.#library.call.createTensor(
      this.#hostMemory,
      data,
      data.byteLength,
      BigInt64Array.from(shape, BigInt),
      shape.length,
      numberOfType[dtype],
    )
    return value
  }

  /** The outputs of a binding that stay on the device. */
  #keptOutputs(binding: Address): NamedOnnx {
    if (!this.#outputs.some(({ isKept }) => isKept)) return {}
    const { call, release, addressesAt } = this.#library
    const [allocator] = call.defaultAllocator()
    const [array, count] = call.boundOutputs(binding, allocator)
    const values = addressesAt(array, Number(count))
    call.free(allocator, array)
    return Object.fromEntries(
      values.flatMap((value, index): [string, DeviceTensor][] => {
        const output = this.#outputs[index]
        if (output?.isKept === true) return [[output.name, new DeviceValue(this.#library, value, output.shape)]]
        release.value(value)
        return []
      }),
    )
  }

  /** Frees the session's memory after its current runs. */
  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    await Promise.allSettled(this.#running)
    const { release } = this.#library
    release.session(this.#session)
    release.memoryInfo(this.#deviceMemory)
    release.memoryInfo(this.#hostMemory)
  }
}

/** ONNX's numbers of the element types (`TensorProto.DataType`). */
const numberOfType = { float32: 1, int32: 6 } as const satisfies Readonly<Record<HostTensor['dtype'], number>>

const hostTensor = ({ shape, dtype }: Output): HostTensor => ({
  shape,
  dtype,
  data: dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape)),
})

function memoryOf({ call }: Library, device: Device): Address {
  const [memory] =
    device.kind === 'cuda'
      ? call.createMemoryInfo('Cuda', 0, device.number, 0)
      : call.createMemoryInfo(device.kind === 'webgpu' ? 'WebGPU_Buf' : 'Cpu', 0, 0, 0)
  return memory
}

function namesOf(
  { call, textAt }: Library,
  [count]: readonly [Address],
  nameAt: (index: number, allocator: Address) => readonly [Address],
): string[] {
  const [allocator] = call.defaultAllocator()
  return Array.from({ length: Number(count) }, (_, index) => {
    const [text] = nameAt(index, allocator)
    const name = textAt(text)
    call.free(allocator, text)
    return name
  })
}

/** Element type and shape of an output, as the graph declares them. */
function declared({ call, release }: Library, session: Address, index: number): Pick<Output, 'shape' | 'dtype'> {
  const [info] = call.outputTypeInfo(session, index)
  try {
    const [tensor] = call.tensorInfoOf(info)
    const [number] = call.elementType(tensor)
    const [rank] = call.dimensionCount(tensor)
    const lengths = new BigInt64Array(Number(rank))
    call.dimensions(tensor, lengths, lengths.length)
    const dtype = (['float32', 'int32'] as const).find((type) => numberOfType[type] === Number(number))
    if (dtype === undefined) throw new Error(`An output of ONNX's element type ${number} is not supported.`)
    return { shape: [...lengths].map(Number), dtype }
  } finally {
    release.typeInfo(info)
  }
}
