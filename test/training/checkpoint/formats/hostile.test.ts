import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { memorySource } from '#training/checkpoint/formats/byte-source.ts'
import { openTensorFile, openTensorSource } from '#training/checkpoint/formats/open.ts'
import { Pickler } from '#training/checkpoint/formats/pytorch/pickle/pickler.ts'
import { floats, type HandTensor, pickleOf, stateDict, tensor, torchLegacy, torchZip, zipOf } from './build.ts'

/** Opens a file and reads every tensor of it; what the person reads when it is refused. Peak memory must not follow the file's claims. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const before = process.resourceUsage().maxRSS
  try {
    await using file = await openTensorSource(memorySource('model.pth', bytes))
    for (const { name } of file.entries) await file.readBytes({ name })
    return 'read'
  } catch (cause) {
    if (!(cause instanceof StudioError) || cause.code !== 'checkpoint-invalid') throw cause
    return cause.message
  } finally {
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(300 * 1024)
  }
}

const good: HandTensor = { elements: 4, shape: [2, 2], strides: [2, 1] }
const withTensor = (change: Partial<HandTensor>) =>
  refusal(torchZip(stateDict({ a: { ...good, ...change } }), { 0: floats(1, 2, 3, 4) }))
const expandedTo = (elements: number) => withTensor({ shape: [elements], strides: [0] })
const withPickle = (...parts: Parameters<typeof pickleOf>) => refusal(torchZip(pickleOf('PROTO', 2, ...parts)))

const text = (value: string) => pickleOf('SHORT_BINUNICODE', value.length, value)
const many = (count: number, ...parts: Parameters<typeof pickleOf>) =>
  Buffer.alloc(count * pickleOf(...parts).byteLength, pickleOf(...parts))
/** A list that holds the value on top of the stack ten times. */
const tenfold = (memo: number) =>
  pickleOf(
    'BINPUT',
    memo,
    'EMPTY_LIST',
    'MARK',
    ...Array.from({ length: 10 }, () => pickleOf('BINGET', memo)),
    'APPENDS',
  )

/** A safetensors file that is nothing but its header. */
function withHeader(length: bigint, header: string): Promise<string> {
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length)
  return refusal(Buffer.concat([prefix, Buffer.from(header)]))
}
const withJson = (json: string) => withHeader(BigInt(json.length), json)

describe('a file that wants to act', () => {
  it('names what it asks for and calls nothing', async () => {
    const pickles = {
      os: pickleOf('PROTO', 2, 'GLOBAL', 'os\nsystem\n', text('ls'), 'TUPLE1', 'REDUCE', 'STOP'),
      posix: pickleOf(
        'PROTO',
        4,
        text('posix'),
        text('system'),
        'STACK_GLOBAL',
        text('ls'),
        'TUPLE1',
        'REDUCE',
        'STOP',
      ),
      eval: pickleOf('PROTO', 2, 'GLOBAL', '__builtin__\neval\n', text('1'), 'TUPLE1', 'REDUCE', 'STOP'),
      object: pickleOf('PROTO', 2, 'GLOBAL', 'constructor\nconstructor\n', 'STOP'),
      long: pickleOf('PROTO', 2, 'GLOBAL', `${'x'.repeat(200)}\n\n`, 'STOP'),
    }
    const refusals = async (container: (pickle: Uint8Array) => Uint8Array) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(pickles).map(async ([name, pickle]) => [name, await refusal(container(pickle))] as const),
        ),
      )
    const zipped = await refusals(torchZip)
    expect(zipped).toMatchInlineSnapshot(`
      {
        "eval": "The file model.pth refers to __builtin__.eval, which is not one of the names that weights need.",
        "long": "The file model.pth refers to xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…, which is not one of the names that weights need.",
        "object": "The file model.pth refers to constructor.constructor, which is not one of the names that weights need.",
        "os": "The file model.pth refers to os.system, which is not one of the names that weights need.",
        "posix": "The file model.pth refers to posix.system, which is not one of the names that weights need.",
      }
    `)
    expect(await refusals(torchLegacy)).toEqual(zipped)
  })

  it('says what to do', async () => {
    const bytes = torchZip(
      pickleOf('PROTO', 2, 'GLOBAL', 'timm.models.vision_transformer\nVisionTransformer\n', 'STOP'),
    )
    const error: unknown = await openTensorSource(memorySource('model.pth', bytes)).catch((cause: unknown) => cause)
    expect(error instanceof StudioError && error.report()).toMatchInlineSnapshot(`
      {
        "code": "checkpoint-invalid",
        "hint": "The studio executes nothing from a file. If you trust it, load it in PyTorch and save only its weights: torch.save(model.state_dict(), "weights.pth").",
        "message": "The file model.pth refers to timm.models.vision_transformer.VisionTransformer, which is not one of the names that weights need.",
      }
    `)
  })

  it('calls only what it knows, and with what fits', async () => {
    expect({
      text: await withPickle('BINUNICODE', Buffer.from([2, 0, 0, 0]), 'os', 'EMPTY_TUPLE', 'REDUCE', 'STOP'),
      class: await withPickle('GLOBAL', 'torch\nFloatStorage\n', 'EMPTY_TUPLE', 'REDUCE', 'STOP'),
      noArguments: await withPickle('GLOBAL', 'torch._utils\n_rebuild_tensor_v2\n', 'EMPTY_TUPLE', 'REDUCE', 'STOP'),
      wrongArguments: await withPickle('GLOBAL', 'torch._utils\n_rebuild_tensor_v2\n', 'NONE', 'REDUCE', 'STOP'),
      state: await withPickle('GLOBAL', 'torch\nFloatStorage\n', 'EMPTY_DICT', 'BUILD', 'STOP'),
      itself: await withPickle(
        'GLOBAL',
        'torch._tensor\n_rebuild_from_type_v2\n',
        'BINPUT',
        0,
        'BINGET',
        0,
        'NONE',
        'EMPTY_TUPLE',
        'TUPLE3',
        'REDUCE',
        'STOP',
      ),
      outside: await withPickle('BININT1', 1, 'BINPERSID', 'STOP'),
    }).toMatchInlineSnapshot(`
      {
        "class": "The file model.pth calls a torch.FloatStorage.",
        "itself": "The file model.pth has a tensor that refers to itself.",
        "noArguments": "The file model.pth builds a tensor on None instead of a storage.",
        "outside": "The file model.pth has a persistent id that is not a tensor storage.",
        "state": "The file model.pth sets the state of a torch.FloatStorage to a dict.",
        "text": "The file model.pth calls a str.",
        "wrongArguments": "The file model.pth calls torch._utils._rebuild_tensor_v2 with None instead of arguments.",
      }
    `)
  })

  it.each(['EXT1', 'INST', 'OBJ', 'DUP', 'GET', 'NEXT_BUFFER'] as const)(
    'the opcode %s is refused by name',
    async (name) => {
      expect(await withPickle(name, 'STOP')).toBe(
        `The file model.pth uses the pickle opcode ${name}, which torch.save does not write.`,
      )
    },
  )

  it('a byte that is no opcode', async () => {
    expect(await withPickle(0xff, 'STOP')).toMatchInlineSnapshot(
      `"The file model.pth uses the pickle opcode 0xff, which torch.save does not write."`,
    )
  })
})

describe('a pickle that is made to be large', () => {
  it('tables and memo entries without end', async () => {
    const count = 2_000_001
    expect({
      tables: await withPickle(many(count, 'EMPTY_DICT'), 'STOP'),
      memo: await withPickle('NONE', many(count, 'MEMOIZE'), 'STOP'),
    }).toMatchInlineSnapshot(`
      {
        "memo": "The file model.pth holds more than 2000000 values besides its weights, which is more than the studio reads.",
        "tables": "The file model.pth holds more than 2000000 values besides its weights, which is more than the studio reads.",
      }
    `)
  })

  it('a pickle of 40 MB', async () => {
    const long = new Pickler().text('x'.repeat(10_000_000))
    for (let i = 0; i < 3; i++) long.text('x'.repeat(10_000_000))
    expect(await refusal(torchZip(long.finish()))).toMatchInlineSnapshot(
      `"The file model.pth describes its tensors in more than 33554432 bytes, which is more than the studio reads."`,
    )
  })

  it('copies of one text', async () => {
    const copy = pickleOf('GLOBAL', '_codecs\nencode\n', 'BINGET', 0, 'REDUCE')
    expect(
      await refusal(
        torchZip(
          Buffer.concat([
            new Pickler().text('x'.repeat(1_000_000)).text('latin1').codes('TUPLE2').finish().subarray(0, -1),
            pickleOf('BINPUT', 0),
            ...Array.from({ length: 10_000 }, () => copy),
          ]),
        ),
      ),
    ).toMatchInlineSnapshot(
      `"The file model.pth holds more than 2000000 values besides its weights, which is more than the studio reads."`,
    )
  })

  it('claimed lengths', async () => {
    const huge = Buffer.alloc(8)
    huge.writeBigUInt64LE(2n ** 60n)
    expect({
      text: await withPickle('BINUNICODE8', huge),
      bytes: await withPickle('BINBYTES8', huge),
      text32: await withPickle('BINUNICODE', 0xff, 0xff, 0xff, 0xff),
      negative: await withPickle('BINSTRING', 0xff, 0xff, 0xff, 0xff),
      integer: await withPickle('LONG4', 0xff, 0xff, 0xff, 0x7f),
      name: await withPickle('GLOBAL', 'x'.repeat(2000)),
    }).toMatchInlineSnapshot(`
      {
        "bytes": "The file model.pth holds a string of 1152921504606847000 bytes, more than the 16777216 that the studio reads.",
        "integer": "The file model.pth holds a whole number of 2147483647 bytes.",
        "name": "The file model.pth holds a name longer than 1024 bytes.",
        "negative": "The file model.pth holds a string of -1 bytes, more than the 16777216 that the studio reads.",
        "text": "The file model.pth holds a string of 1152921504606847000 bytes, more than the 16777216 that the studio reads.",
        "text32": "The file model.pth holds a string of 4294967295 bytes, more than the 16777216 that the studio reads.",
      }
    `)
  })

  it('tables in tables', async () => {
    const depth = 100_000
    const key = pickleOf('SHORT_BINUNICODE', 1, 'k')
    const nested = pickleOf('PROTO', 4, many(depth, 'EMPTY_DICT', key), 'NONE', many(depth, 'SETITEM'), 'STOP')
    expect(await refusal(torchZip(nested))).toMatchInlineSnapshot(
      `"The file model.pth nests its tables more than 16 deep at k.k.k.k.k.k.k.k.k.k.k.k.k.k.k.k.k."`,
    )
  })

  it('lists that hold each other', async () => {
    const pickler = new Pickler().codes('EMPTY_LIST')
    const pickle = pickler.finish().subarray(0, -1)
    const doubled = Buffer.concat([
      pickle,
      ...Array.from({ length: 12 }, (_, index) => tenfold(index)),
      pickleOf('BINPUT', 99),
    ])
    expect(
      await refusal(
        torchZip(Buffer.concat([doubled, pickleOf('EMPTY_DICT', 'BININT1', 1, 'BINGET', 99, 'SETITEM', 'STOP')])),
      ),
    ).toMatchInlineSnapshot(`"The file model.pth holds more than 1000000 values, tables in tables included."`)
  })

  it('one long list under many names', async () => {
    const list = pickleOf('EMPTY_LIST', 'MARK', many(500_000, 'NONE'), 'APPENDS', 'BINPUT', 0, 'POP')
    const pickler = new Pickler().codes('MARK').text('model').codes('EMPTY_DICT').text('a')
    const model = tensor(pickler, good).codes('SETITEM').finish().subarray(2, -1)
    const names = Array.from({ length: 50_000 }, (_, index) =>
      pickleOf('BININT', Buffer.of(index, index >> 8, index >> 16, 0), 'BINGET', 0),
    )
    const pickle = pickleOf('PROTO', 2, list, 'EMPTY_DICT', model, ...names, 'SETITEMS', 'STOP')
    expect(await refusal(torchZip(pickle, { 0: floats(1, 2, 3, 4) }))).toMatchInlineSnapshot(
      `"The file model.pth has values besides its weights that share too many contents to be described."`,
    )
  })

  it('one long text many times, which is cut in the report', async () => {
    const pickler = new Pickler().codes('EMPTY_DICT', 'MARK').text('model').codes('EMPTY_DICT').text('a')
    const start = tensor(pickler, good)
      .codes('SETITEM')
      .text('args')
      .codes('EMPTY_LIST', 'MARK')
      .text('x'.repeat(1_000_000))
      .finish()
      .subarray(0, -1)
    const pickle = pickleOf(start, 'BINPUT', 0, many(100_000, 'BINGET', 0), 'APPENDS', 'SETITEMS', 'STOP')
    await using file = await openTensorSource(memorySource('model.pth', torchZip(pickle, { 0: floats(1, 2, 3, 4) })))
    expect(file.metadata['args']!.length).toBeLessThan(4_000_000)
    expect(file.metadata['args']).toMatch(/^\["x{2000}…",.*,"…"\]$/)
  })

  it('a table that holds itself', async () => {
    const itself = pickleOf('PROTO', 2, 'EMPTY_DICT', 'BINPUT', 0, 'BININT1', 1, 'BINGET', 0, 'SETITEM', 'STOP')
    expect(await refusal(torchZip(itself))).toMatchInlineSnapshot(
      `"The file model.pth nests its tables more than 16 deep at 1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1."`,
    )
  })

  it('holds itself beside the weights, which is allowed', async () => {
    const pickler = new Pickler().codes('EMPTY_DICT', 'MARK').text('model').codes('EMPTY_DICT').text('a')
    tensor(pickler, good).codes('SETITEM').text('args').codes('EMPTY_LIST')
    const pickle = Buffer.concat([
      pickler.finish().subarray(0, -1),
      pickleOf('BINPUT', 0, 'BINGET', 0, 'APPEND', 'SETITEMS', 'STOP'),
    ])
    await using file = await openTensorSource(memorySource('model.pth', torchZip(pickle, { 0: floats(1, 2, 3, 4) })))
    expect(file.metadata).toEqual({ args: '[[[[[[[["…"]]]]]]]]' })
  })

  it('parts that do not fit together', async () => {
    const cases = {
      empty: await withPickle('STOP'),
      belowMark: await withPickle('EMPTY_DICT', 'MARK', 'SETITEM', 'STOP'),
      noMark: await withPickle('TUPLE', 'STOP'),
      odd: await withPickle('EMPTY_DICT', 'MARK', 'NONE', 'SETITEMS', 'STOP'),
      appendToNothing: await withPickle('NONE', 'NONE', 'APPEND', 'STOP'),
      tableAsKey: await withPickle('EMPTY_DICT', 'EMPTY_DICT', 'NONE', 'SETITEM', 'STOP'),
      forgotten: await withPickle('BINGET', 7, 'STOP'),
      newer: await withPickle('PROTO', 9, 'STOP'),
      noStop: await withPickle('NONE'),
    }
    expect(cases).toMatchInlineSnapshot(`
      {
        "appendToNothing": "The file model.pth appends to None.",
        "belowMark": "The file model.pth has a pickle with inconsistent opcodes.",
        "empty": "The file model.pth has a pickle with inconsistent opcodes.",
        "forgotten": "The file model.pth refers back to a value 7 that it does not hold.",
        "newer": "The file model.pth is written in version 9 of the pickle format; the studio supports versions up to 5.",
        "noMark": "The file model.pth has a pickle with inconsistent opcodes.",
        "noStop": "The file model.pth is truncated: its description of the tensors is incomplete.",
        "odd": "The file model.pth has a pickle with inconsistent opcodes.",
        "tableAsKey": "The file model.pth uses a dict as a key.",
      }
    `)
  })
})

describe('a tensor that is not where it should be', () => {
  it('shapes, strides and offsets', async () => {
    expect({
      offset: await withTensor({ offset: 1 }),
      farOffset: await withTensor({ offset: 2 ** 52 }),
      negativeOffset: await withTensor({ offset: -4 }),
      negativeStride: await withTensor({ strides: [-2, 1] }),
      longStride: await withTensor({ strides: [2, 2] }),
      huge: await withTensor({ shape: [2 ** 30, 2 ** 30], strides: [0, 0] }),
      hugeStride: await withTensor({ strides: [2 ** 52, 2 ** 52] }),
      product: await withTensor({
        shape: Array.from({ length: 60 }, () => 2 ** 50),
        strides: Array.from({ length: 60 }, () => 0),
      }),
      manyAxes: await withTensor({
        shape: Array.from({ length: 65 }, () => 1),
        strides: Array.from({ length: 65 }, () => 1),
      }),
      missingStride: await withTensor({ strides: [1] }),
      storageClaim: await withTensor({ elements: 2 ** 40, shape: [2 ** 20, 2 ** 20], strides: [2 ** 20, 1] }),
      storageShort: await withTensor({ elements: 8 }),
      storageMissing: await withTensor({ key: '7' }),
      storageElsewhere: await withTensor({ key: '../../etc/passwd' }),
      unknownType: await withTensor({ storage: 'ComplexFloatStorage' }),
    }).toMatchInlineSnapshot(`
      {
        "farOffset": "The file model.pth holds a tensor of the shape [2, 2] that reaches beyond its storage 0 of 16 bytes.",
        "huge": "The file model.pth claims more tensor data than it can contain, including a tensor of the shape [1073741824, 1073741824].",
        "hugeStride": "The file model.pth holds a tensor of the shape [2, 2] that reaches beyond its storage 0 of 16 bytes.",
        "longStride": "The file model.pth holds a tensor of the shape [2, 2] that reaches beyond its storage 0 of 16 bytes.",
        "manyAxes": "The file model.pth holds a tensor with an impossible shape, offset or stride, on the storage 0.",
        "missingStride": "The file model.pth holds a tensor with an impossible shape, offset or stride, on the storage 0.",
        "negativeOffset": "The file model.pth holds a tensor with an impossible shape, offset or stride, on the storage 0.",
        "negativeStride": "The file model.pth holds a tensor with an impossible shape, offset or stride, on the storage 0.",
        "offset": "The file model.pth holds a tensor of the shape [2, 2] that reaches beyond its storage 0 of 16 bytes.",
        "product": "The file model.pth claims more tensor data than it can contain, including a tensor of the shape [1125899906842624, 1125899906842624, 1125899906842624, 1125899906842624, 1125899906842624, 1125899906842624, 1125899906842624, 1125899906842624, …].",
        "storageClaim": "The file model.pth claims more tensor data than it can contain, including a tensor of the shape [1048576, 1048576].",
        "storageElsewhere": "The file model.pth lacks the storage ../../etc/passwd that its tensors need.",
        "storageMissing": "The file model.pth lacks the storage 7 that its tensors need.",
        "storageShort": "The file model.pth has 16 bytes for the storage 0 instead of 32.",
        "unknownType": "The file model.pth refers to torch.ComplexFloatStorage, which is not one of the names that weights need.",
      }
    `)
  })

  it('expanded as far as the file allows, and not further', async () => {
    expect(await expandedTo(1_000_000)).toBe('read')
    expect(await expandedTo(100_000_000)).toMatchInlineSnapshot(
      `"The file model.pth claims more tensor data than it can contain, including a tensor of the shape [100000000]."`,
    )
  })

  it('many views of one storage', async () => {
    const storage = new Uint8Array(1_000_000)
    const views = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [
        `view${index}`,
        { elements: 250_000, shape: [250_000], strides: [1] },
      ]),
    )
    expect(await refusal(torchZip(stateDict(views), { 0: storage }))).toMatchInlineSnapshot(
      `"The file model.pth claims more tensor data than it can contain, including a tensor of the shape [250000]."`,
    )
  })

  it('legacy storages', async () => {
    const pickle = stateDict({ a: good })
    expect({
      fewer: await refusal(torchLegacy(pickle, { 0: floats(1, 2) })),
      cut: await refusal(torchLegacy(pickle, { 0: floats(1, 2, 3, 4) }).subarray(0, -3)),
      missing: await refusal(torchLegacy(pickle)),
      other: await refusal(torchLegacy(pickle, { 1: floats(1, 2, 3, 4) })),
      bare: await refusal(pickle),
    }).toMatchInlineSnapshot(`
      {
        "bare": "The file model.pth is a bare pickle, not a file of torch.save.",
        "cut": "The file model.pth is truncated: the storage 0 ends at byte 329 and the file at 326.",
        "fewer": "The file model.pth has 2 elements for the storage 0 instead of 4.",
        "missing": "The file model.pth lacks the storage 0 that its tensors need.",
        "other": "The file model.pth lists storages that do not fit its tensors.",
      }
    `)
  })
})

describe('a zip archive that lies', () => {
  const data = { name: 'archive/data/0', bytes: floats(1, 2, 3, 4) }
  const pickle = { name: 'archive/data.pkl', bytes: stateDict({ a: good }) }

  /** The number at `offset` from the end is replaced. */
  const broken = (offset: number, value: number) => {
    const bytes = zipOf([pickle, data])
    bytes.writeUInt32LE(value, bytes.byteLength + offset)
    return refusal(bytes)
  }

  it('sizes, positions and names', async () => {
    const start = 30 + pickle.name.length
    expect({
      good: await refusal(zipOf([pickle, data])),
      bomb: await refusal(zipOf([pickle, { ...data, sizeBytes: 0xfffffffe }])),
      beyond: await refusal(zipOf([pickle, { ...data, headerPosition: 0xfffffff0 }])),
      inside: await refusal(zipOf([pickle, { ...data, headerPosition: 10 }])),
      same: await refusal(
        zipOf([pickle, data, { ...data, name: 'archive/data/1', headerPosition: start + pickle.bytes.byteLength }]),
      ),
      reach: await refusal(zipOf([{ ...pickle, sizeBytes: pickle.bytes.byteLength + 20 }, data])),
      twice: await refusal(zipOf([pickle, data, data])),
      compressed: await refusal(zipOf([pickle, { ...data, method: 8 }])),
      encrypted: await refusal(zipOf([pickle, { ...data, flags: 1 }])),
      wide: await refusal(zipOf([pickle, { ...data, sizeBytes: 0xffffffff }])),
      noPickle: await refusal(zipOf([data])),
      twoPickles: await refusal(zipOf([pickle, { ...pickle, name: 'other/data.pkl' }])),
      script: await refusal(zipOf([pickle, data, { name: 'archive/constants.pkl', bytes: floats(1) }])),
      byteOrder: await refusal(zipOf([pickle, data, { name: 'archive/byteorder', bytes: Buffer.from('middle') }])),
      nothing: await refusal(zipOf([])),
    }).toMatchInlineSnapshot(`
      {
        "beyond": "The file model.pth has entries that overlap at archive/data/0.",
        "bomb": "The file model.pth has entries that overlap at archive/data/0.",
        "byteOrder": "The file model.pth names the byte order middle instead of little or big.",
        "compressed": "The file model.pth has the compressed entry archive/data/0; torch.save does not compress.",
        "encrypted": "The file model.pth has the encrypted entry archive/data/0.",
        "good": "read",
        "inside": "The file model.pth has entries that overlap at archive/data.pkl.",
        "noPickle": "The file model.pth is a zip archive without data.pkl, so torch.save did not write it.",
        "nothing": "The file model.pth is a zip archive without data.pkl, so torch.save did not write it.",
        "reach": "The file model.pth has entries that overlap at archive/data.pkl.",
        "same": "The file model.pth has entries that overlap at archive/data/0.",
        "script": "The file model.pth is a TorchScript program, not a checkpoint.",
        "twice": "The file model.pth has the entry archive/data/0 twice.",
        "twoPickles": "The file model.pth is a zip archive with more than one data.pkl.",
        "wide": "The file model.pth has a damaged zip directory.",
      }
    `)
  })

  it('a directory that is elsewhere', async () => {
    expect({
      size: await broken(-10, 0x7fffffff),
      position: await broken(-6, 0x7fffffff),
      shifted: await broken(-6, 3),
      count: await broken(-14, 0x00090009),
    }).toMatchInlineSnapshot(`
      {
        "count": "The file model.pth lists 2 entries in its directory instead of 9.",
        "position": "The file model.pth is truncated or not a zip archive: its directory is outside the file.",
        "shifted": "The file model.pth has a damaged zip directory.",
        "size": "The file model.pth is truncated or not a zip archive: its directory is outside the file.",
      }
    `)
  })
})

describe('a safetensors file that lies', () => {
  it('headers', async () => {
    expect({
      huge: await withHeader(2n ** 60n, '{}'),
      long: await withHeader(17_000_000n, `{${' '.repeat(17_000_000)}`),
      deep: await withJson(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      shape: await withJson('{"a":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4]}}'),
      product: await withJson('{"a":{"dtype":"F32","shape":[1073741824,1073741824,1073741824],"data_offsets":[0,4]}}'),
      beyond: await withJson('{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}'),
      prototype: await withJson(
        '{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      ),
      name: await withJson(`{"${'\\n'.repeat(5)}${'x'.repeat(1000)}":1}`),
    }).toMatchInlineSnapshot(`
      {
        "beyond": "The file model.pth is truncated: the tensor a ends at byte 4000000080 and the file at 80.",
        "deep": "The file model.pth has an invalid header entry for the tensor a.",
        "huge": "The file model.pth is neither a safetensors nor a PyTorch file.",
        "long": "The file model.pth has a header of 17000000 bytes, more than the 16777216 that the studio reads.",
        "name": "The file model.pth has an invalid header entry for the tensor �����xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx….",
        "product": "The file model.pth has 4 bytes for the tensor a, but its shape [1073741824, 1073741824, 1073741824] of F32 needs 4.951760157141521e+27.",
        "prototype": "The file model.pth has bytes before the tensor a that belong to no tensor.",
        "shape": "The file model.pth has an invalid header entry for the tensor a.",
      }
    `)
  })
})

describe('a file that is cut off', () => {
  it.each(['views.pt', 'views-legacy.pt', 'views-legacy-protocol-4.pt', 'every-type.pt'])(
    '%s at any byte',
    async (name) => {
      const whole = await readFile(resolve(import.meta.dirname, 'samples', name))
      const outcomes = new Set<string>()
      for (let sizeBytes = 0; sizeBytes < whole.byteLength; sizeBytes += 7)
        outcomes.add(await refusal(whole.subarray(0, sizeBytes)))
      expect(outcomes.has('read')).toBe(false)
    },
  )

  it('on the disk, where it claims a tebibyte', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hostile-'))
    const path = join(folder, 'sparse.safetensors')
    try {
      const header = Buffer.from('{"a":{"dtype":"F32","shape":[274877906944],"data_offsets":[0,1099511627776]}}')
      const prefix = Buffer.alloc(8)
      prefix.writeUInt32LE(header.byteLength)
      const file = await open(path, 'w')
      await file.write(Buffer.concat([prefix, header]))
      await file.truncate(8 + header.byteLength + 2 ** 40)
      await file.close()
      await using opened = await openTensorFile(path)
      await expect(opened.readBytes({ name: 'a' })).rejects.toMatchObject({
        code: 'checkpoint-invalid',
        message: `The file ${path} has one item of 1099511627776 bytes, more than the supported 8 GiB.`,
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
