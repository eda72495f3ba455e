import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { type ByteSource, memorySource, openFileSource } from './byte-source.ts'
import { type Refuse, shown } from './invalid-file.ts'
import type { BesideFact } from './pytorch/plain.ts'
import type { PyTorchReader } from './pytorch/reader.ts'
import type { SafetensorsReader } from './safetensors/reader.ts'
import { type TensorEntry, TensorFile } from './tensor-file.ts'

type Shard = SafetensorsReader | PyTorchReader

/** One tensor, with the file that holds it. */
interface ShardEntry extends TensorEntry {
  readonly shard: Shard
}

/** The files of a model, by the name of each tensor. */
export type ShardIndex = ReadonlyMap<string, string>

/** An index of a thousand tensors has some 100 kB. */
const maxIndexBytes = 16 * 2 ** 20
const maxShards = 1000

/** A model that the transformers library saved in several files, with an index that names the file of each tensor. */
export class ShardedReader extends TensorFile<ShardEntry> {
  readonly format: Shard['format']
  /** Values in the shards other than weights. */
  readonly beside: readonly BesideFact[]
  readonly #shards: readonly Shard[]

  private constructor(source: ByteSource, entries: readonly ShardEntry[], shards: readonly Shard[]) {
    super(source, shards[0]?.metadata ?? {}, entries)
    this.#shards = shards
    this.format = shards[0]?.format ?? 'safetensors'
    this.beside = shards.flatMap((shard) => (shard.format === 'pytorch' ? shard.beside : []))
  }

  /**
   * Opens an index and every file that it names.
   * @throws StudioError `not-found` or `checkpoint-invalid`, naming the file and what is wrong with it: a missing or surplus file, or a
   * tensor that is not in the file which the index names.
   */
  static async open(path: string, openShard: (path: string) => Promise<Shard>): Promise<ShardedReader> {
    const bytes = await readAll(path)
    const source = memorySource(path, bytes)
    const index = parseShardIndex(bytes, source.refuse)
    const folder = dirname(path)
    const names = [...new Set(index.values())].toSorted()
    await requireShards(folder, names, source.refuse)
    const shards: Shard[] = []
    try {
      for (const name of names) shards.push(await openShard(join(folder, name)))
      return new ShardedReader(source, entriesOf(index, shards, source.refuse), shards)
    } catch (cause) {
      for (const shard of shards) await shard[Symbol.asyncDispose]()
      throw cause
    }
  }

  override get paths(): readonly string[] {
    return [this.path, ...this.#shards.map(({ path }) => path)]
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const shard of this.#shards) await shard[Symbol.asyncDispose]()
  }

  protected async load({ name, shard }: ShardEntry): Promise<Uint8Array> {
    return await shard.readBytes({ name })
  }
}

async function readAll(path: string): Promise<Uint8Array> {
  await using file = await openFileSource(path)
  if (file.sizeBytes > maxIndexBytes)
    throw file.refuse(`has ${file.sizeBytes} bytes, more than the ${maxIndexBytes} that the studio reads of an index`)
  return await file.read(0, file.sizeBytes)
}

const document = z.object({ weight_map: z.record(z.string(), z.string()) })
const hint = 'Copy the index again from the source of the model, together with its files.'

/**
 * Reads the bytes of an index. The files that it names are in its own folder.
 * @throws StudioError `checkpoint-invalid` if it is not an index, or names a file elsewhere.
 */
export function parseShardIndex(bytes: Uint8Array, refuse: Refuse): ShardIndex {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw refuse('is not an index of a model: it is not JSON', { hint, cause })
  }
  const parsed = document.safeParse(json)
  if (!parsed.success)
    throw refuse('is not an index of a model: its weight_map does not name a file for each tensor', { hint })
  const index = new Map(Object.entries(parsed.data.weight_map))
  if (index.size === 0) throw refuse('is an index without tensors', { hint })
  const files = new Set(index.values())
  for (const file of files) {
    if (/[/\\\0]/.test(file) || /^\.*$/.test(file))
      throw refuse(`names the file ${shown(file)}, which is not in its folder`, { hint })
  }
  if (files.size > maxShards) throw refuse(`names ${files.size} files, more than the supported ${maxShards}`, { hint })
  return index
}

const shardName = /^(.+)-\d{5}-of-\d{5}\.[^.]+$/

/** Whether a file is one of the files of an index, by its name: `model-00001-of-00002.safetensors`. */
export const isShardName = (name: string): boolean => shardName.test(name)

async function requireShards(folder: string, names: readonly string[], refuse: Refuse): Promise<void> {
  const inFolder = await readdir(folder)
  const missing = names.filter((name) => !inFolder.includes(name))
  if (missing.length > 0)
    throw refuse(`names ${listed(missing)}, which ${missing.length === 1 ? 'is' : 'are'} missing from its folder`, {
      hint: 'Copy every file of the model into one folder.',
    })
  const stems = new Set(names.map((name) => shardName.exec(name)?.[1]).filter((stem) => stem !== undefined))
  const endings = new Set(names.map((name) => name.slice(name.lastIndexOf('.'))))
  const surplus = inFolder.filter(
    (name) =>
      !names.includes(name) &&
      stems.has(shardName.exec(name)?.[1] ?? '') &&
      endings.has(name.slice(name.lastIndexOf('.'))),
  )
  if (surplus.length > 0)
    throw refuse(`does not name ${listed(surplus)} in its folder`, {
      hint: 'These files belong to another copy of the model. Move them elsewhere, or copy the whole model again.',
    })
}

function entriesOf(index: ShardIndex, shards: readonly Shard[], refuse: Refuse): ShardEntry[] {
  const entries = new Map<string, ShardEntry>()
  for (const shard of shards) {
    const file = basename(shard.path)
    for (const entry of shard.entries) {
      const { name } = entry
      if (index.get(name) !== file)
        throw refuse(
          `${index.has(name) ? `names ${shown(index.get(name) ?? '')} for` : 'does not name'} the tensor ${shown(name)}, which is in ${file}`,
          { hint },
        )
      const { dtype, shape, sizeBytes } = entry
      entries.set(name, { name, dtype, shape, sizeBytes, shard })
    }
  }
  const lost = [...index].find(([name]) => !entries.has(name))
  if (lost !== undefined) throw refuse(`names the tensor ${shown(lost[0])}, which is not in ${lost[1]}`, { hint })
  if (new Set(shards.map(({ format }) => format)).size > 1) throw refuse('names files of different formats', { hint })
  return [...entries.values()]
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 3).map(shown).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more files` : ''}`
