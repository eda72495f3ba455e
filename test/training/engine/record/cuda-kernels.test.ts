import onnxProto from 'onnx-proto'
import { describe, expect, it } from 'vitest'
import { type Stage, stageNames, trainingStageNames } from '#contract/stages/index.ts'
import { hasCudaKernel, hostInputsOf } from './cuda-kernels.ts'
import { type CudaModel, cudaModels } from './cuda-models.ts'

const precisions = ['float32', 'bfloat16', 'float16'] as const
const cases = stageNames.flatMap((stage) => precisions.map((precision) => ({ stage, precision })))

const typeNames = new Map(
  Object.entries({
    float32: 'FLOAT',
    float16: 'FLOAT16',
    bfloat16: 'BFLOAT16',
    int32: 'INT32',
    int64: 'INT64',
    bool: 'BOOL',
  }).map(([type, name]) => [onnxProto.onnx.TensorProto.DataType[name as 'FLOAT'] as number, type]),
)

/** Operators without a kernel on the card, each with its type, and inputs that are copied to the host in each step. */
function faultsOf({ graph }: CudaModel): string[] {
  const constants = new Map(graph.initializer!.map(({ name, dataType }) => [name!, typeNames.get(dataType!)!]))
  const known = [...graph.input!, ...graph.output!, ...graph.valueInfo!].map(
    ({ name, type }) => [name!, typeNames.get(type!.tensorType!.elemType!)!] as const,
  )
  const types = new Map([...known, ...constants])
  return graph.node!.flatMap(({ opType, domain, input }) => {
    const operator = domain === '' ? opType! : `${domain}.${opType}`
    const type = types.get(input![opType === 'Where' ? 1 : 0]!) ?? 'unknown'
    const copied = hostInputsOf(operator).filter(
      (index) => input![index] !== undefined && !constants.has(input![index]!),
    )
    return [
      ...(hasCudaKernel(operator, type) ? [] : [`${operator} ${type}`]),
      ...copied.map((index) => `input ${index} of ${operator} is not a constant`),
    ]
  })
}

const short = (name: string) => (/^(input|output|reading of [a-z ]+):/.test(name) ? name.split(':')[0]! : name)
const isState = (name: string) => /^(parameter|first moment|second moment|gradient):/.test(name)

/** What crosses between host and card when a graph runs: names of its inputs and outputs without those of parameters and gradients. */
function crossing({ graph, kept }: CudaModel): string[] {
  const inputs = graph.input!.map(({ name }) => name!).filter((name) => !isState(name))
  const outputs = graph.output!.map(({ name }) => name!).filter((name) => !kept.has(name))
  return [...new Set([...inputs, ...outputs].map(short))].toSorted()
}

describe('graphs for CUDA', () => {
  it.each(cases)(
    'of $stage in $precision have only operators with kernels on the card',
    async ({ stage, precision }) => {
      const models = await cudaModels(stage, precision)
      expect(models.length).toBeGreaterThan(stage === 'evaluate' ? 0 : 3)
      expect([...new Set(models.flatMap(faultsOf))]).toEqual([])
    },
  )

  it.each(trainingStageNames)(
    'of %s copy only samples, losses and norms between host and card',
    async (stage: Stage) => {
      for (const precision of precisions) {
        const all = await cudaModels(stage, precision, 2)
        const [gradients, update, reader, unpacker] = all.slice(-4) as [CudaModel, CudaModel, CudaModel, CudaModel]
        const scale = precision === 'float16' ? ['loss scale'] : []
        const factor = precision === 'float16' ? ['gradient factor'] : []
        const known = new Set(['input', 'output', 'loss', ...scale])
        expect(crossing(gradients).filter((name) => !known.has(name))).toEqual([])
        expect(crossing(update)).toEqual(
          ['first correction', ...factor, 'gradient norm', 'learning rate', 'second correction'].toSorted(),
        )
        expect(crossing(unpacker)).toEqual([])
        // Runs for a checkpoint, not in a step.
        expect(crossing(reader).every((name) => name.startsWith('reading of'))).toBe(true)
        // Frozen models.
        for (const model of all.slice(0, -4)) expect(crossing(model)).toEqual(['input', 'output'])
      }
    },
  )

  it('of teachers and tests use fused operators in half precision', async () => {
    for (const stage of ['distill', 'evaluate'] as const) {
      const [frozen] = await cudaModels(stage, 'bfloat16')
      const operators = new Map(frozen!.graph.node!.map(({ opType, output }) => [opType!, output![0]!]))
      const type = (operator: string) =>
        typeNames.get(
          frozen!.graph.valueInfo!.find(({ name }) => name === operators.get(operator))!.type!.tensorType!.elemType!,
        )
      expect(type('MultiHeadAttention')).toBe('bfloat16')
      expect([...operators.keys()]).not.toContain('Softmax')
    }
  })
})
