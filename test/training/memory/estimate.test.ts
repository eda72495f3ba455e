import { describe, expect, it } from 'vitest'
import { benchStepRequest, benchStages } from '#contract/bench.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import { randomDataset } from '#training/bench/random-videos.ts'
import { Graph, type Value } from '#training/engine/graph/graph.ts'
import { executionOrder } from '#training/engine/graph/order.ts'
import { estimateStage, recordStage } from '#training/memory/estimate.ts'
import { livePeakBytes } from '#training/memory/liveness.ts'

const small = { width: 32, depth: 4, heads: 2, imageSize: 32, frames: 4, patch: 8, mask: 0.75, batch: 2 } as const
function wanted(shape: object) {
  const request = benchStepRequest.parse({ ...small, ...shape })
  const configuration = benchConfiguration(request)
  return { stage: request.stage, configuration, manifest: randomDataset(configuration.clip, request.batch), labels: 'kind', models: {} }
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
    expect(peak((graph, x) => {
      const early = tanh(graph, x)
      return graph.node('Concat', [early, tanh(graph, tanh(graph, early))], { shape: [20], type: 'float32' })
    })).toBe(3 * 40)
  })
  it('are one of operators that write over their input, and of views', () => {
    const view = { shape: [5, 2], type: 'float32' } as const
    expect(peak((graph, x) => graph.node('Tanh', [graph.node('Reshape', [graph.node('Neg', [tanh(graph, x)], spec), graph.integers([5, 2])], view)], view))).toBe(40)
  })
})

const live = async (shape: object) => (await recordStage(wanted({ stage: 'finetune', ...shape }))).training?.liveBytes ?? 0

describe('an estimate', () => {
  it.each(benchStages)('of a step of %s has all its parts', async (stage) => {
    const { parts, totalBytes } = await estimateStage(wanted({ stage }))
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes)
    expect(parts.activations).toBeGreaterThan(0)
    expect(parts.state).toBeGreaterThan(0)
    expect(parts.frozen > 0).toBe(stage === 'distill')
  })

  it('grows with the batch, and shrinks where blocks are computed anew', async () => {
    const [one, two, anew] = [await live({}), await live({ batch: 4 }), await live({ recompute: true })]
    expect(two / one).toBeGreaterThan(1.7)
    expect(anew / one).toBeLessThan(0.6)
  })

  it('draws no weight and takes a moment, however large the model', async () => {
    const from = performance.now()
    const { parts } = await estimateStage(wanted({ stage: 'finetune', width: 1024, depth: 24, heads: 16, imageSize: 224, frames: 16, patch: 16 }))
    expect(parts.state).toBeGreaterThan(5 * 2 ** 30)
    expect(process.memoryUsage().rss).toBeLessThan(2 ** 30)
    expect(performance.now() - from).toBeLessThan(10_000)
  })
})
