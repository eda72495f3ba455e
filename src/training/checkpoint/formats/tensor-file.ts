import type { HostTensor } from '../../tensor/host-tensor.ts'
import type { ByteSource } from './byte-source.ts'
import { type Dtype, decodeNumbers, isFloating } from './dtypes.ts'
import { shown } from './invalid-file.ts'

/** One tensor of a file, before it is read. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly sizeBytes: number
}

/** Strings in a file besides its tensors. */
export type FileMetadata = Readonly<Record<string, string>>

/**
 * An open file of named tensors in any format. Tensors are read one by one.
 * Every error about the file is a StudioError `checkpoint-invalid` that names it.
 */
export abstract class TensorFile<Entry extends TensorEntry = TensorEntry> implements AsyncDisposable {
  abstract readonly format: 'safetensors' | 'pytorch'
  readonly path: string
  readonly metadata: FileMetadata
  readonly entries: readonly Entry[]
  protected readonly source: ByteSource
  readonly #byName: ReadonlyMap<string, Entry>

  protected constructor(source: ByteSource, metadata: FileMetadata, entries: readonly Entry[]) {
    this.path = source.path
    this.source = source
    this.metadata = metadata
    this.entries = entries
    this.#byName = new Map(entries.map((entry) => [entry.name, entry]))
  }

  protected abstract load(entry: Entry): Promise<Uint8Array>

  /** Every file that holds its tensors or says where they are. */
  get paths(): readonly string[] {
    return [this.path]
  }

  /** The entry of that name, if there is one. */
  find(name: string): Entry | undefined {
    return this.#byName.get(name)
  }

  /** The tensor's bytes, little-endian and row-major, in the precision of the file. */
  async readBytes({ name }: Pick<TensorEntry, 'name'>): Promise<Uint8Array> {
    return await this.load(this.#entry(name))
  }

  /** The tensor's values in the precision of the file; half precision is widened to 32 bits. */
  async readNumbers({ name }: Pick<TensorEntry, 'name'>): Promise<Float64Array | Float32Array | Int32Array> {
    const entry = this.#entry(name)
    return decodeNumbers(await this.load(entry), entry.dtype)
  }

  /** Floating types become float32, integers and booleans int32. */
  async read(name: string): Promise<HostTensor> {
    const { dtype, shape } = this.#entry(name)
    const values = await this.readNumbers({ name })
    if (isFloating(dtype))
      return { shape, dtype: 'float32', data: values instanceof Float32Array ? values : Float32Array.from(values) }
    const data = Int32Array.from(values)
    if (!values.every((value, index) => value === data[index]))
      throw this.source.refuse(`has integers beyond 32 bits in the tensor ${shown(name)}`)
    return { shape, dtype: 'int32', data }
  }

  async readAll(signal?: AbortSignal): Promise<Record<string, HostTensor>> {
    const tensors: [string, HostTensor][] = []
    for (const { name } of this.entries) {
      signal?.throwIfAborted()
      tensors.push([name, await this.read(name)])
    }
    return Object.fromEntries(tensors)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]()
  }

  #entry(name: string): Entry {
    const entry = this.#byName.get(name)
    if (entry === undefined) throw this.source.refuse(`has no tensor ${shown(name)}`)
    return entry
  }
}
