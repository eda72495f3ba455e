import { type Dtype, dtypeBytes } from '../dtypes.ts'
import { torchDtypes, torchStorages } from './names.ts'
import { numpyGlobals } from './numpy.ts'
import { type CallTools, kindOf, PickleCallable, PickledFields, PickleName, type PickleValue } from './pickle/values.ts'
import { StorageClass, StoredTensor, type TensorBuilder } from './tensors.ts'

/**
 * The closed list of names that a file of weights may use, by their full Python names. It covers what `torch.save` writes for
 * tensors, parameters and state dicts of any kind, and the values that training scripts save with them.
 */
export const torchGlobals = (tensors: TensorBuilder): ReadonlyMap<string, PickleValue> =>
  new Map([...fixedGlobals, ...tensorGlobals(tensors)])

type Call = PickleCallable['call']
const callables = (calls: Record<string, Call>): [string, PickleValue][] =>
  Object.entries(calls).map(([name, call]) => [name, new PickleCallable(name, call)])

const dtypes = Object.keys(dtypeBytes) as Dtype[]
const dtypeOf = (value: PickleValue | undefined): Dtype | null =>
  dtypes.find((dtype) => value === `torch.${torchDtypes[dtype]}`) ?? null

function dict([pairs, ...rest]: readonly PickleValue[], { refuse, spend }: CallTools): PickleValue {
  if (pairs === undefined) return new Map()
  if (!Array.isArray(pairs) || rest.length > 0) throw refuse('builds a dict from something other than pairs')
  spend(pairs.length)
  return new Map(
    pairs.map((pair): [PickleValue, PickleValue] => {
      if (!Array.isArray(pair) || pair.length !== 2) throw refuse('builds a dict from something other than pairs')
      return [pair[0] ?? null, pair[1] ?? null]
    }),
  )
}

function set([items]: readonly PickleValue[], { refuse, spend }: CallTools): PickleValue {
  if (items === undefined) return new Set()
  if (!Array.isArray(items)) throw refuse(`builds a set from ${kindOf(items)}`)
  spend(items.length)
  return new Set(items)
}

/** A path as a string. */
function path(parts: readonly PickleValue[], { refuse, spend }: CallTools): PickleValue {
  spend(parts.reduce((length: number, part) => length + (typeof part === 'string' ? part.length : 0), 0))
  if (!parts.every((part) => typeof part === 'string')) throw refuse('has a path whose components are not strings')
  return parts.join('/').replace(/^\/\//, '/')
}

function device([type, index]: readonly PickleValue[], { refuse }: CallTools): PickleValue {
  if (typeof type !== 'string' || type.length > 20) throw refuse('has a device name that is not a short string')
  return typeof index === 'number' ? `${type}:${index}` : type
}

function size([sizes]: readonly PickleValue[], { refuse }: CallTools): PickleValue {
  if (!Array.isArray(sizes)) throw refuse(`holds a torch.Size of ${kindOf(sizes)}`)
  return sizes
}

/** A parameter is its tensor. */
function parameter([tensor]: readonly PickleValue[], { refuse }: CallTools): PickleValue {
  if (!(tensor instanceof StoredTensor)) throw refuse(`builds a parameter from ${kindOf(tensor)}`)
  return tensor
}

/** A tensor of a subclass: function, class, arguments, attributes. The attributes are ignored, because they are not weights. */
function fromType([rebuild, , args]: readonly PickleValue[], tools: CallTools): PickleValue {
  if (!(rebuild instanceof PickleCallable) || !Array.isArray(args))
    throw tools.refuse('has a tensor that is built by an unsupported function')
  if (rebuild.call === fromType) throw tools.refuse('has a tensor that refers to itself')
  return rebuild.call(args, tools)
}

const pathClasses = ['pathlib', 'pathlib._local'].flatMap((module) =>
  ['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'].map((name) => `${module}.${name}`),
)

const fixedGlobals: readonly (readonly [string, PickleValue])[] = [
  ...callables({
    'collections.OrderedDict': dict,
    // The factory of missing values has no use without Python.
    'collections.defaultdict': () => new Map(),
    'argparse.Namespace': () => new PickledFields('argparse.Namespace'),
    'torch.Size': size,
    'torch.device': device,
    'torch._utils._rebuild_parameter': parameter,
    'torch._utils._rebuild_parameter_with_state': parameter,
    'torch.nn.parameter.Parameter': parameter,
    'torch._tensor._rebuild_from_type_v2': fromType,
    ...Object.fromEntries(pathClasses.map((name) => [name, path])),
    // Protocol 2 calls the module of built-in names as Python 2 did.
    ...Object.fromEntries(
      ['builtins', '__builtin__'].flatMap((module) => [
        [`${module}.set`, set],
        [`${module}.frozenset`, set],
        [`${module}.bytes`, () => new Uint8Array(0)],
        [`${module}.dict`, dict],
      ]),
    ),
  }),
  ...['list', 'int', 'float']
    .flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`])
    .map((name): [string, PickleValue] => [name, new PickleName(name)]),
  ['torch.Tensor', new PickleName('torch.Tensor')],
  ...Object.values(torchDtypes).map((name): [string, PickleValue] => [`torch.${name}`, `torch.${name}`]),
  ...Object.entries(torchStorages).map(([dtype, name]): [string, PickleValue] => [
    `torch.${name}`,
    new StorageClass(`torch.${name}`, dtype as Dtype),
  ]),
  ['torch.storage.UntypedStorage', new StorageClass('torch.storage.UntypedStorage', null)],
  ...numpyGlobals,
]

const tensorGlobals = (tensors: TensorBuilder): [string, PickleValue][] =>
  callables({
    'torch._utils._rebuild_tensor': (args, tools) => tensors.build(args, null, tools),
    'torch._utils._rebuild_tensor_v2': (args, tools) => tensors.build(args, null, tools),
    'torch._utils._rebuild_tensor_v3': (args, tools) => tensors.build(args, dtypeOf(args[6]), tools),
  })
