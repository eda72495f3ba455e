/** An address in memory; 0 is null. */
export type Address = bigint

/** Kinds of C arguments with their types here. `out` is not passed: the function writes the call's result there. */
interface Arguments {
  readonly address: Address
  readonly text: string
  readonly path: string
  readonly texts: readonly string[]
  readonly int: number
  readonly size: number
  /** Passed in place, without a copy. */
  readonly memory: ArrayBufferView
}

export type Kind = keyof Arguments | 'out'

export const cTypes: Readonly<Record<Kind, string>> = {
  address: 'void *',
  text: 'str',
  path: process.platform === 'win32' ? 'str16' : 'str',
  texts: 'const char **',
  int: 'int',
  size: 'size_t',
  memory: 'void *',
  out: 'void *',
}

/**
 * Functions of ONNX Runtime's C interface (`onnxruntime_c_api.h`, `struct OrtApi`) that return a status: their index in the structure, which
 * only grows at its end, and their arguments.
 */
export const functions = {
  createEnvironment: [3, 'int', 'text', 'out'],
  disableTelemetry: [6, 'address'],
  createSessionFromArray: [8, 'address', 'memory', 'size', 'address', 'out'],
  createSessionOptions: [10, 'out'],
  enableProfiling: [14, 'address', 'path'],
  disableMemoryPattern: [17, 'address'],
  setLogSeverityLevel: [22, 'address', 'int'],
  setGraphOptimizationLevel: [23, 'address', 'int'],
  setIntraOpThreads: [24, 'address', 'int'],
  setInterOpThreads: [25, 'address', 'int'],
  inputCount: [30, 'address', 'out'],
  outputCount: [31, 'address', 'out'],
  outputTypeInfo: [34, 'address', 'size', 'out'],
  inputName: [36, 'address', 'size', 'address', 'out'],
  outputName: [37, 'address', 'size', 'address', 'out'],
  createTensor: [49, 'address', 'memory', 'size', 'memory', 'size', 'int', 'out'],
  tensorInfoOf: [55, 'address', 'out'],
  elementType: [60, 'address', 'out'],
  dimensionCount: [61, 'address', 'out'],
  dimensions: [62, 'address', 'memory', 'size'],
  createMemoryInfo: [68, 'text', 'int', 'int', 'int', 'out'],
  free: [76, 'address', 'address'],
  defaultAllocator: [78, 'out'],
  setConfigEntry: [130, 'address', 'text', 'text'],
  createBinding: [134, 'address', 'out'],
  bindInput: [136, 'address', 'text', 'address'],
  bindOutput: [137, 'address', 'text', 'address'],
  bindOutputToDevice: [138, 'address', 'text', 'address'],
  boundOutputs: [140, 'address', 'address', 'out', 'out'],
  registerAllocator: [144, 'address', 'address', 'address'],
  appendCuda: [204, 'address', 'address'],
  createCudaOptions: [205, 'out'],
  updateCudaOptions: [206, 'address', 'texts', 'texts', 'size'],
  appendProvider: [216, 'address', 'text', 'texts', 'texts', 'size'],
} as const satisfies Readonly<Record<string, readonly [number, ...Kind[]]>>

/** Separate from the other functions, because it is called on another thread. */
export const runWithBinding = 133
/** Returns the message of a status. */
export const messageOfStatus = 2

/** Functions that release the object at an address. */
export const releases = {
  status: 93,
  memoryInfo: 94,
  session: 95,
  value: 96,
  typeInfo: 98,
  sessionOptions: 100,
  binding: 135,
  cudaOptions: 208,
} as const

export type Name = keyof typeof functions
type KindsOf<F extends readonly unknown[]> = F extends readonly [number, ...infer K] ? K : never
type Given<K extends readonly unknown[]> = K extends readonly [infer First, ...infer Rest]
  ? First extends keyof Arguments
    ? [Arguments[First], ...Given<Rest>]
    : Given<Rest>
  : []
type Outs<K extends readonly unknown[]> = K extends readonly [infer First, ...infer Rest]
  ? First extends 'out'
    ? [Address, ...Outs<Rest>]
    : Outs<Rest>
  : []
/** A call of a function: takes its arguments in order and returns its `out` arguments. */
export type Call<N extends Name> = (
  ...given: Given<KindsOf<(typeof functions)[N]>>
) => Outs<KindsOf<(typeof functions)[N]>>

/** The version of the interface that these indices belong to. ONNX Runtime serves all versions up to its own. */
export const interfaceVersion = 21
