/**
 * Element types of the kernels that ONNX Runtime 1.29.0's CUDA provider has for the operators that can be recorded (opset 20). Read off the
 * provider: with stand-ins for CUDA's libraries it assigned single operators of each type to the card or to the processor.
 */
const types: Readonly<Record<string, string>> = {
  Abs: 'float32 float16 bfloat16 int32 int64',
  Add: 'float32 float16 bfloat16 int32 int64',
  And: 'bool',
  ArgMax: 'float32 float16',
  Ceil: 'float32 float16',
  Clip: 'float32 float16 int64',
  'com.microsoft.FusedMatMul': 'float32 float16 bfloat16',
  'com.microsoft.MultiHeadAttention': 'float32 float16 bfloat16',
  Concat: 'float32 float16 bfloat16 int32 int64 bool',
  Cos: 'float32 float16',
  Div: 'float32 float16 bfloat16 int32 int64',
  Equal: 'float32 float16 int32 int64 bool',
  Erf: 'float32 float16 bfloat16',
  Exp: 'float32 float16 bfloat16',
  Expand: 'float32 float16 bfloat16 int32 int64 bool',
  Floor: 'float32 float16',
  Gather: 'float32 float16 bfloat16 int32 int64 bool',
  GatherND: 'float32 float16 bfloat16 int64 bool',
  Gelu: 'float32 float16 bfloat16',
  Gemm: 'float32 float16 bfloat16',
  Greater: 'float32 float16 int32 int64',
  GreaterOrEqual: 'float32 float16 int32 int64',
  Identity: 'float32 float16 bfloat16 int32 int64 bool',
  LayerNormalization: 'float32 float16 bfloat16',
  Less: 'float32 float16 int32 int64',
  LessOrEqual: 'float32 float16 int32 int64',
  Log: 'float32 float16',
  LogSoftmax: 'float32 float16',
  MatMul: 'float32 float16 bfloat16',
  Max: 'float32 float16 bfloat16 int32 int64',
  Min: 'float32 float16 bfloat16 int32 int64',
  Mul: 'float32 float16 bfloat16 int32 int64',
  Neg: 'float32 float16 bfloat16 int32 int64',
  Not: 'bool',
  Or: 'bool',
  Pad: 'float32 float16 bool',
  Pow: 'float32 float16 bfloat16 int32 int64',
  Reciprocal: 'float32 float16',
  ReduceMax: 'float32 float16 int32 int64',
  ReduceMean: 'float32 float16 int32',
  ReduceMin: 'float32 float16 int32 int64',
  ReduceProd: 'float32 float16 int32',
  ReduceSum: 'float32 float16 bfloat16 int32 int64',
  Relu: 'float32 float16 bfloat16',
  Reshape: 'float32 float16 bfloat16 int32 int64 bool',
  Round: 'float32 float16',
  Sigmoid: 'float32 float16 bfloat16',
  Sign: 'float32 float16 bfloat16 int32 int64',
  Sin: 'float32 float16',
  Slice: 'float32 float16 bfloat16 int32 int64 bool',
  Softmax: 'float32 float16 bfloat16',
  Split: 'float32 float16 bfloat16 int32 int64 bool',
  Sqrt: 'float32 float16 bfloat16',
  Sub: 'float32 float16 bfloat16 int32 int64',
  Sum: 'float32 float16 bfloat16',
  Tanh: 'float32 float16 bfloat16',
  Tile: 'float32 float16 bfloat16 int32 int64',
  Transpose: 'float32 float16 bfloat16 int32 int64 bool',
  Where: 'float32 float16 bfloat16 int32 int64',
}

/** Any element type that is recorded. */
const ofAnyType: ReadonlySet<string> = new Set(['Cast'])

/** Inputs that CUDA's kernels read in host memory. They must be constants: the result of another operator would be copied in each step. */
const hostInputs: Readonly<Record<string, readonly number[]>> = {
  Expand: [1],
  Pad: [1, 2],
  ReduceMax: [1],
  ReduceMean: [1],
  ReduceMin: [1],
  ReduceProd: [1],
  ReduceSum: [1],
  Reshape: [1],
  Slice: [1, 2, 3],
  Split: [1],
  Tile: [1],
}

/** Whether CUDA has a kernel for an operator, named as in a recording, on numbers of a type. */
export const hasCudaKernel = (operator: string, type: string): boolean =>
  ofAnyType.has(operator) || (types[operator]?.split(' ').includes(type) ?? false)

export const hostInputsOf = (operator: string): readonly number[] => hostInputs[operator] ?? []
