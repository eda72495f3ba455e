import { type ByteSource, openFileSource } from '../byte-source.ts'
import { dtypeBytes } from '../dtypes.ts'
import { type FileMetadata, TensorFile } from '../tensor-file.ts'
import { readLegacyContainer, readZipContainer, type TorchContainer } from './containers.ts'
import { type Contents, contentsOf, type ModelKey, type PyTorchEntry } from './model.ts'
import type { PickleValue } from './pickle/values.ts'
import { type BesideFact, describeBeside } from './plain.ts'
import { spanOf, swapByteOrder, toRowMajor } from './strided.ts'
import type { StoredTensor } from './tensors.ts'

/**
 * An open file of `torch.save`, in the zip or the legacy format. Its entries are the model's tensors in the order of the
 * file; all other values are in `beside` and `tree`. Nothing is executed.
 */
export class PyTorchReader extends TensorFile<PyTorchEntry> {
  readonly format = 'pytorch'
  /** Key under which the weights were found; null if the whole file is the weights. */
  readonly modelKey: ModelKey | null
  readonly beside: readonly BesideFact[]
  /** The whole object of the file. It may be cyclic. */
  readonly tree: PickleValue
  readonly #container: TorchContainer

  private constructor(source: ByteSource, container: TorchContainer, { modelKey, entries, beside }: Contents) {
    const facts = describeBeside(beside, source.refuse)
    super(source, metadataOf(facts), entries)
    this.modelKey = modelKey
    this.beside = facts
    this.tree = container.tree
    this.#container = container
  }

  /**
   * Opens a file and checks the descriptions of its tensors without reading them.
   * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file and what is wrong with it.
   */
  static async open(path: string): Promise<PyTorchReader> {
    return await PyTorchReader.from(await openFileSource(path))
  }

  /** As `open`, from bytes that are already open. The reader owns the source and closes it, also after an error. */
  static async from(source: ByteSource): Promise<PyTorchReader> {
    try {
      const isZip = source.sizeBytes >= 2 && Buffer.from(await source.read(0, 2)).toString('latin1') === 'PK'
      const container = await (isZip ? readZipContainer(source) : readLegacyContainer(source))
      return new PyTorchReader(source, container, contentsOf(container.tree, source.refuse))
    } catch (cause) {
      await source[Symbol.asyncDispose]()
      throw cause
    }
  }

  /** The bytes of any tensor of `tree`, such as an optimizer's: little-endian and row-major. */
  async readTensor(tensor: StoredTensor): Promise<Uint8Array> {
    if (tensor.sizeBytes === 0) return new Uint8Array(0)
    const storage = this.#container.storages.get(tensor.storage.key)
    if (storage === undefined) throw new Error(`The tensor's storage ${tensor.storage.key} is not in ${this.path}.`)
    const span = spanOf(tensor)
    const bytes = await this.source.read(storage.position + span.position, span.sizeBytes)
    if (this.#container.isBigEndian) swapByteOrder(bytes, dtypeBytes[tensor.dtype])
    return toRowMajor(bytes, tensor)
  }

  protected async load({ tensor }: PyTorchEntry): Promise<Uint8Array> {
    return await this.readTensor(tensor)
  }
}

/** Values other than weights and tensors, as text. */
const metadataOf = (facts: readonly BesideFact[]): FileMetadata =>
  Object.fromEntries(
    facts
      .filter(({ tensors }) => tensors === 0)
      .map(({ name, value }) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
