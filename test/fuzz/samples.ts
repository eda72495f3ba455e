import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { memorySource } from '#training/checkpoint/formats/byte-source.ts'
import { refuseFile } from '#training/checkpoint/formats/invalid-file.ts'
import { opcodes } from '#training/checkpoint/formats/pytorch/pickle/opcodes.ts'
import { locateZipEntry, readZipDirectory } from '#training/checkpoint/formats/pytorch/zip.ts'
import { parseShardIndex } from '#training/checkpoint/formats/sharded.ts'
import { tagOf } from '#training/checkpoint/import/locate.ts'
import { type Part, zipOf } from '../training/checkpoint/formats/build.ts'

/** Good files of one kind, and how to break them. */
export interface Format {
  readonly name: string
  /** What is mutated: the whole file, or the part of it that matters most. */
  readonly samples: readonly Uint8Array[]
  /** Pieces that mean something in these bytes. */
  readonly tokens: readonly Uint8Array[]
  /** Makes a file out of a mutated sample. */
  wrap(mutated: Uint8Array, sample: number): Uint8Array
  /** Reads a file that holds no tensors. Returns what is wrong with the result; throws a StudioError to refuse the file. */
  read?(bytes: Uint8Array): Promise<string | undefined>
}

const folder = join(import.meta.dirname, '../training/checkpoint/formats/samples')
const zipNames = ['every-type.pt', 'views.pt', 'views-protocol-5.pt', 'views-1.13.pt']
const legacyNames = ['views-legacy.pt', 'views-legacy-protocol-4.pt']

/** Every format of which the studio reads tensors. Zip archives and safetensors also with only their inner description broken. */
export async function formats(): Promise<Format[]> {
  const zips = await Promise.all(zipNames.map((name) => readFile(join(folder, name))))
  const archives = await Promise.all(zips.map(partsOf))
  const legacy = await Promise.all(legacyNames.map((name) => readFile(join(folder, name))))
  return [
    { name: 'safetensors', samples: headers.map(safetensorsOf), tokens: jsonTokens, wrap: asIs },
    {
      name: 'safetensors header',
      samples: headers.map((header) => Buffer.from(header)),
      tokens: jsonTokens,
      wrap: (mutated) => safetensorsOf(mutated),
    },
    { name: 'PyTorch zip', samples: zips, tokens: pickleTokens, wrap: asIs },
    {
      name: 'PyTorch zip pickle',
      samples: archives.map((parts) => parts.find(isPickle)!.bytes),
      tokens: pickleTokens,
      wrap: (mutated, sample) =>
        zipOf(archives[sample]!.map((part) => (isPickle(part) ? { ...part, bytes: mutated } : part))),
    },
    { name: 'PyTorch legacy', samples: legacy, tokens: pickleTokens, wrap: asIs },
    {
      name: 'index of shards',
      samples: indices.map((index) => Buffer.from(index)),
      tokens: [...jsonTokens, ...pathTokens],
      wrap: asIs,
      async read(bytes) {
        const files = new Set(parseShardIndex(bytes, refuseFile('broken')).values())
        return [...files].find((file) => !isInFolder(file))
      },
    },
    {
      name: 'DeepSpeed latest',
      samples: ['global_step100\n', 'checkpoint-best'].map((tag) => Buffer.from(tag)),
      tokens: pathTokens,
      wrap: asIs,
      async read(bytes) {
        const tag = tagOf(bytes)
        if (tag === undefined) throw refuseFile('broken')('names no folder')
        return isInFolder(tag) ? undefined : tag
      },
    },
  ]
}

/** Whether a name, joined to a folder, stays in it. */
const isInFolder = (name: string): boolean => dirname(resolve('/folder', name)) === '/folder'

const asIs = (mutated: Uint8Array) => mutated

const isPickle = ({ name }: Part) => name.endsWith('data.pkl')

async function partsOf(bytes: Uint8Array): Promise<Part[]> {
  const source = memorySource('sample', bytes)
  return await Promise.all(
    [...(await readZipDirectory(source)).values()].map(async (entry) => {
      const { position, sizeBytes } = await locateZipEntry(source, entry)
      return { name: entry.name, bytes: await source.read(position, sizeBytes) }
    }),
  )
}

const headers = [
  '{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F16","shape":[4],"data_offsets":[24,32]}}',
  '{"empty":{"dtype":"I64","shape":[0,7],"data_offsets":[0,0]},"scalar":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"mask":{"dtype":"BOOL","shape":[30],"data_offsets":[2,32]}}',
]

function safetensorsOf(header: string | Uint8Array): Buffer {
  const bytes = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeUInt32LE(bytes.byteLength)
  return Buffer.concat([length, bytes, Buffer.alloc(32, 0x3c)])
}

const indices = [
  '{"metadata":{"total_size":64},"weight_map":{"a.weight":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}',
  '{"weight_map":{"blocks.0.norm1.weight":"pytorch_model-00001-of-00001.bin"}}',
]

const pathTokens = ['..', '../', '/', '\\', '\0', '.', 'C:', '/etc/passwd', '\u202e', '\ud800'].map((text) =>
  Buffer.from(text),
)

const jsonTokens = [
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '"',
  '0',
  '-1',
  '1e400',
  '0.5',
  '9007199254740993',
  '1152921504606846976',
  'null',
  'true',
  '"F64"',
  '"F8_E4M3"',
  '"__metadata__":',
  '"__proto__":',
  '"a.weight":',
  '[0,0]',
  '[[[[[[[[',
].map((text) => Buffer.from(text))

const globals = [
  'os\nsystem\n',
  'builtins\neval\n',
  'torch._utils\n_rebuild_tensor_v2\n',
  'torch._utils\n_rebuild_tensor_v3\n',
  'torch._tensor\n_rebuild_from_type_v2\n',
  'collections\nOrderedDict\n',
  '_codecs\nencode\n',
  'numpy\ndtype\n',
  'pathlib\nPosixPath\n',
  'torch\nLongStorage\n',
]

/** Each opcode with small operands, names to load, and numbers that are too large. */
const pickleTokens = [
  ...Object.values(opcodes).flatMap((code) => [Buffer.of(code), Buffer.of(code, 0), Buffer.of(code, 3, 0, 0, 0)]),
  ...globals.map((name) => Buffer.concat([Buffer.of(opcodes.GLOBAL), Buffer.from(name)])),
  Buffer.of(opcodes.BININT, 0xff, 0xff, 0xff, 0xff),
  Buffer.of(opcodes.BININT, 0xff, 0xff, 0xff, 0x7f),
  Buffer.of(opcodes.LONG1, 8, 0, 0, 0, 0, 0, 0, 0, 0x10),
  Buffer.of(opcodes.LONG4, 0xff, 0xff, 0xff, 0x7f),
  Buffer.of(opcodes.BINUNICODE8, 0, 0, 0, 0, 0, 0, 0, 0x10),
]
