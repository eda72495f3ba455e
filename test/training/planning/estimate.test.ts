import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { workersOf } from '#contract/configuration/workers.ts'
import { benchStepRequest } from '#contract/domain/bench.ts'
import { modelOfTask, trainingStageNames } from '#contract/stages/index.ts'
import type { Stage } from '#contract/stages/index.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import { randomDataset } from '#training/bench/random-videos.ts'
import { executionOrder } from '#training/engine/record/graph/execution-order.ts'
import { Graph, type Value } from '#training/engine/record/graph/graph.ts'
import { estimateStage, recordStage } from '#training/planning/estimate.ts'
import { livePeakBytes } from '#training/planning/liveness.ts'
import { stageMemoryOf } from '#training/planning/process-memory.ts'
import { plannedCuda, type PlannedEngine } from '#training/planning/recording-engine.ts'
import { withTestVideos } from '../engine/record/cuda-models.ts'

const presetFolder = new URL('../../../resources/presets', import.meta.url).pathname

const small = { width: 32, depth: 4, heads: 2, imageSize: 32, frames: 4, patch: 8, mask: 0.75, batch: 2 } as const
function wanted(shape: object) {
  const request = benchStepRequest.parse({ ...small, workers: 1, ...shape })
  const configuration = benchConfiguration(request)
  return {
    stage: request.stage,
    configuration,
    manifest: randomDataset(configuration.clip, request.batch),
    labels: 'kind',
    models: {},
  }
}

describe('the most bytes that results take at once', () => {
  const spec = { shape: [10], type: 'float32' } as const
  const peak = (build: (graph: Graph, x: Value) => Value): number => {
    const graph = new Graph()
    const output = build(graph, graph.input('x', spec))
    return livePeakBytes(executionOrder([output]), [output])
  }
  const tanh = (graph: Graph, x: Value): Value => graph.node('Tanh', [x], spec)

  it('are two of a chain, of which each is given up after the next', () => {
    expect(peak((graph, x) => tanh(graph, tanh(graph, tanh(graph, tanh(graph, x)))))).toBe(2 * 40)
  })
  it('are more where an early one is needed late', () => {
    expect(
      peak((graph, x) => {
        const early = tanh(graph, x)
        return graph.node('Concat', [early, tanh(graph, tanh(graph, early))], { shape: [20], type: 'float32' })
      }),
    ).toBe(3 * 40)
  })
  it('count what attention takes for itself: copies of its inputs, and a weight for each query, key and head', () => {
    const tokens = { shape: [2, 5, 6], type: 'float32' } as const
    const graph = new Graph()
    const x = graph.input('x', tokens)
    const output = graph.node(
      'Tanh',
      [graph.node('com.microsoft.MultiHeadAttention', [x, x, x], tokens, { num_heads: { int: 3 } })],
      tokens,
    )
    expect(livePeakBytes(executionOrder([output]), [output])).toBe(4 * (60 + 3 * 60 + 2 * 3 * 5 * 5))
  })
  it('are one of operators that write over their input, and of views', () => {
    const view = { shape: [5, 2], type: 'float32' } as const
    expect(
      peak((graph, x) =>
        graph.node(
          'Tanh',
          [graph.node('Reshape', [graph.node('Neg', [tanh(graph, x)], spec), graph.integers([5, 2])], view)],
          view,
        ),
      ),
    ).toBe(40)
  })
})

const live = async (shape: object) =>
  (await recordStage(wanted({ stage: 'finetune', ...shape }))).training?.liveBytes ?? 0

describe('an estimate', () => {
  it.each(trainingStageNames)('of a step of %s has all its parts', async (stage) => {
    const { parts, totalBytes } = await estimateStage(wanted({ stage }))
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes)
    expect(parts.activations).toBeGreaterThan(0)
    expect(parts.state).toBeGreaterThan(0)
    expect(parts.frozen > 0).toBe(stage === 'distill')
  })

  it('grows with the batch, and shrinks if blocks are recomputed', async () => {
    const [one, two, recomputed] = [await live({}), await live({ batch: 4 }), await live({ recompute: true })]
    expect(two / one).toBeGreaterThan(1.7)
    expect(recomputed / one).toBeLessThan(0.6)
  })

  it('has the gradients of each worker, half of the results of a whole batch for each of two, and weights of teachers twice', async () => {
    const [one, two] = [
      await recordStage(wanted({ stage: 'distill' })),
      await recordStage(wanted({ stage: 'distill', workers: 2 })),
    ]
    expect([one, two].map(({ training, frozen }) => [training, ...frozen].map((program) => program?.ranks))).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ])
    expect(two.training).toMatchObject({
      parameterBytes: one.training?.parameterBytes,
      inputBytes: one.training?.inputBytes,
    })
    expect((two.training?.liveBytes ?? 0) / (one.training?.liveBytes ?? 0)).toBeCloseTo(0.5, 1)
    const [alone, shared] = [stageMemoryOf('distill', one).parts, stageMemoryOf('distill', two).parts]
    expect(shared.state / alone.state).toBeCloseTo(5 / 4)
    expect(shared.frozen).toBe(2 * alone.frozen)
    expect(shared.process).toBeGreaterThan(alone.process)
  })

  it('says what kept teacher features take and save, and counts the operations of teachers that compute single clips', async () => {
    const [anew, kept] = [wanted({ stage: 'distill' }), wanted({ stage: 'distill', targetCache: true })]
    const [size, single] = [await recordStage(anew), await recordStage(kept)]
    expect(single.frozen.map(({ flops }) => flops * small.batch)).toEqual(size.frozen.map(({ flops }) => flops))
    expect((await estimateStage(anew)).targets).toBeUndefined()
    const { targets } = await estimateStage(kept)
    const flops = size.frozen.reduce((sum, program) => sum + program.flops, 0)
    expect(targets).toMatchObject({ videos: small.batch, clips: 1 })
    expect(targets?.teacherShare).toBeCloseTo(flops / (flops + (size.training?.flops ?? 0)), 10)
    expect(targets?.computedShare).toBe(1e-5)
    const { clip, distill } = kept.configuration
    const tokens = (clip.frames / clip.tubeletSize) * (clip.imageSize / clip.patchSize) ** 2
    expect(targets?.bytes).toBe(small.batch * 2 * (2 * tokens * distill.width + 1024))
  })

  it('takes as many workers as a launch would where their number is left open', async () => {
    const { training } = await recordStage(wanted({ stage: 'finetune', batch: 12, workers: 0 }))
    expect(training?.ranks).toBe(workersOf(0, 12, availableParallelism()))
  })

  it('of a test is that of the classifier that fine-tuning makes, also of one from scratch', async () => {
    const { configuration, manifest, ...rest } = wanted({ stage: 'finetune', width: 64 })
    const both = {
      ...rest,
      manifest: withTestVideos(manifest),
      configuration: { ...configuration, stages: ['finetune', 'evaluate'] as const satisfies Stage[] },
    }
    const { training } = await recordStage({ ...both, stage: 'finetune' })
    expect(await recordStage({ ...both, stage: 'evaluate' })).toMatchObject({
      frozen: [{ parameterBytes: training?.parameterBytes }],
    })
  })

  it('of a test is that of the imported classifier that fine-tuning starts from, with its class token and biases', async () => {
    const { configuration, manifest, ...rest } = wanted({ stage: 'finetune', width: 64 })
    const { finetune, clip } = configuration
    const started = { ...finetune, initialization: 'checkpoint' as const }
    const made = modelOfTask({ stage: 'finetune', configuration: started }, clip, 400)
    const imported = {
      ...made,
      sizes: { ...made.sizes, hasClassToken: true, qkvBias: 'none' as const, pooling: 'first' as const },
    }
    const both = {
      ...rest,
      manifest: withTestVideos(manifest),
      configuration: {
        ...configuration,
        stages: ['finetune', 'evaluate'] as const satisfies Stage[],
        inputs: { model: 'imported' },
        finetune: started,
      },
      models: { model: imported },
    }
    const { training } = await recordStage({ ...both, stage: 'finetune' })
    const { frozen } = await recordStage({ ...both, stage: 'evaluate' })
    expect(frozen).toMatchObject([{ parameterBytes: training?.parameterBytes }])
  })

  it('names the memory of the card for onnx-cuda, for auto if it chooses that, and for a precision that only it has', async () => {
    const stage = wanted({ stage: 'distill' })
    const withGeneral = (change: object) => ({
      ...stage,
      configuration: { ...stage.configuration, general: { ...stage.configuration.general, ...change } },
    })
    const explicit = await estimateStage(withGeneral({ engine: 'onnx-cuda' }))
    expect(explicit.card?.precision).toBe('float32')
    expect(explicit.parts.activations).toBe(0)
    const { parts, totalBytes } = explicit.card!
    expect(totalBytes).toBe(parts.context + parts.state + parts.activations + parts.frozen)
    expect(Math.min(...Object.values(parts))).toBeGreaterThan(0)
    expect(await estimateStage(withGeneral({ engine: 'auto' }), 'onnx-cuda')).toEqual(explicit)
    expect((await estimateStage(withGeneral({ engine: 'auto' }), 'onnx-cpu')).card).toBeUndefined()
    expect((await estimateStage(withGeneral({ engine: 'auto' }))).card).toBeUndefined()
    const half = await estimateStage(withGeneral({ engine: 'auto', precision: 'bfloat16' }), 'onnx-cpu')
    expect(half.card?.precision).toBe('bfloat16')
    expect(half.card!.parts.frozen).toBeLessThan(parts.frozen)
  })

  it('of the published ViT-B recipe in bfloat16 fits a card of 24 GB, in every stage', async () => {
    const { configuration } = requirePreset(readPresets(presetFolder), 'b-from-b-kinetics-400')
    const stages = await Promise.all(
      configuration.stages.map((stage) => {
        const { batchSize, ...rest } = configuration[stage]
        const samples = batchSize * ('accumulationSteps' in rest ? rest.accumulationSteps : 1)
        return estimateStage({
          stage,
          configuration: { ...configuration, general: { ...configuration.general, precision: 'bfloat16' } },
          manifest: withTestVideos(randomDataset(configuration.clip, samples)),
          labels: 'kind',
          models: {},
        })
      }),
    )
    expect(stages.map(({ stage }) => stage)).toEqual([
      'image-teacher',
      'video-teacher',
      'distill',
      'finetune',
      'evaluate',
    ])
    for (const { card } of stages) expect(card!.totalBytes).toBeLessThan(24e9)
  })

  it('needs less memory without attention matrices and with recomputed blocks', async () => {
    const stage = wanted({ stage: 'finetune', depth: 12, imageSize: 128, frames: 8 })
    const live = async (planned: PlannedEngine, recompute = false) => {
      const { configuration } = stage
      const finetune = { ...configuration.finetune, recomputeBlocks: recompute }
      const size = await recordStage({ ...stage, configuration: { ...configuration, finetune } }, planned)
      return size.training!.liveBytes
    }
    const matrices = await live({ name: 'onnx-cuda', workers: 1 })
    const fused = await live(plannedCuda('float32'))
    expect(fused).toBeLessThan(0.5 * matrices)
    expect(await live(plannedCuda('bfloat16'))).toBeLessThan(fused)
    expect(await live(plannedCuda('bfloat16'), true)).toBeLessThan(0.8 * (await live(plannedCuda('bfloat16'))))
  })

  it('draws no weight and takes a moment, however large the model', async () => {
    const from = performance.now()
    const { parts } = await estimateStage(
      wanted({ stage: 'finetune', width: 1024, depth: 24, heads: 16, imageSize: 224, frames: 16, patch: 16 }),
    )
    expect(parts.state).toBeGreaterThan(4.5 * 2 ** 30)
    expect(process.memoryUsage().rss).toBeLessThan(2 ** 30)
    expect(performance.now() - from).toBeLessThan(10_000)
  })
})

describe('memory of the process', () => {
  const model = { processMib: 100, workerMib: 10, heapFactor: 1, frozenHeapFactor: 2 }
  const mib = 2 ** 20
  const program = (ranks: number, parameters: number, live: number) => ({
    ranks,
    parameterBytes: parameters * mib,
    inputBytes: mib,
    flops: 0,
    liveBytes: live * mib,
  })
  it.each([
    [
      'of one worker',
      { training: program(1, 10, 50), frozen: [] },
      { process: 100, state: 40, activations: 50, frozen: 0, batches: 5 },
    ],
    [
      'of two',
      { training: program(2, 10, 25), frozen: [] },
      { process: 120, state: 50, activations: 50, frozen: 0, batches: 6 },
    ],
    [
      'with teachers that take less than the student for a moment',
      { training: program(1, 10, 50), frozen: [program(1, 7, 20), program(1, 5, 29)] },
      { process: 100, state: 40, activations: 58, frozen: 12, batches: 5 },
    ],
    [
      'with one that takes more',
      { training: program(1, 10, 50), frozen: [program(1, 7, 80)] },
      { process: 100, state: 40, activations: 160, frozen: 7, batches: 5 },
    ],
    [
      'with more parameters than results',
      { training: program(1, 100, 50), frozen: [] },
      { process: 100, state: 400, activations: 50, frozen: 0, batches: 5 },
    ],
    [
      'of a test',
      { frozen: [program(1, 10, 50)] },
      { process: 100, state: 0, activations: 100, frozen: 10, batches: 5 },
    ],
  ])('%s', (_, size, parts) => {
    const found = stageMemoryOf('distill', size, { model })
    expect(Object.fromEntries(Object.entries(found.parts).map(([part, bytes]) => [part, bytes / mib]))).toEqual(parts)
    expect(found.totalBytes / mib).toBe(Object.values(parts).reduce((sum, part) => sum + part, 0))
  })
})
