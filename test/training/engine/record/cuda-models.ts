import onnxProto from 'onnx-proto'
import { benchStepRequest } from '#contract/domain/bench.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { Precision } from '#contract/domain/engine.ts'
import type { Stage } from '#contract/stages/index.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import { randomDataset } from '#training/bench/random-videos.ts'
import { compiledEngine } from '#training/engine/compiled-engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import type { Provider } from '#training/engine/run/onnx/providers.ts'
import { cudaHalf, cudaRecording } from '#training/engine/run/onnx/providers/cuda-recording.ts'
import { openUntrained } from '#training/planning/untrained-models.ts'

const sizes = {
  width: 48,
  depth: 2,
  heads: 3,
  decoderDepth: 1,
  imageSize: 32,
  frames: 4,
  patch: 8,
  mask: 0.75,
  batch: 2,
}

/** A graph as it is given to ONNX Runtime. */
export interface CudaModel {
  readonly bytes: Uint8Array
  readonly graph: onnxProto.onnx.IGraphProto
  /** Outputs that stay on the card. */
  readonly kept: ReadonlySet<string>
}

/** Every graph that a stage opens on CUDA, without a card: they are recorded and encoded, and never run. */
export async function cudaModels(stage: Stage, precision: Precision, accumulationSteps = 1): Promise<CudaModel[]> {
  const models: CudaModel[] = []
  const provider: Provider = {
    runtime: {
      version: 'none',
      open(bytes, { kept = [] }) {
        const graph = onnxProto.onnx.ModelProto.decode(bytes).graph!
        models.push({ bytes, graph, kept: new Set(kept) })
        return Promise.resolve({
          inputNames: (graph.input ?? []).map(({ name }) => name!),
          outputNames: (graph.output ?? []).map(({ name }) => name!),
          run: () => Promise.reject(new Error('There is no card.')),
          release: () => Promise.resolve(),
        })
      },
    },
    device: 'GPU 0, CUDA',
    description: 'CUDA without a card',
    memory: 'device',
    recordOptions: {
      ...cudaRecording,
      ...(precision === 'float32' ? {} : { half: { ...cudaHalf, type: precision } }),
    },
    sessionOptions: { device: { kind: 'cuda', number: 0, tf32: false }, threads: 1 },
    dispose: () => Promise.resolve(),
  }
  const request = benchStepRequest.parse({ stage: stage === 'evaluate' ? 'finetune' : stage, ...sizes })
  const small = benchConfiguration(request)
  const trained = stage === 'evaluate' ? {} : { [stage]: { ...small[stage], accumulationSteps } }
  const stages: Stage[] = stage === 'evaluate' ? ['finetune', 'evaluate'] : small.stages
  const configuration = { ...small, ...trained, stages }
  const engine = compiledEngine('onnx-cuda', provider)
  const manifest = withTestVideos(randomDataset(configuration.clip, sizes.batch * accumulationSteps))
  const opened = await openUntrained({ stage, configuration, manifest, labels: 'kind', models: {} }, engine, {
    read: () => Promise.reject(new Error('Nothing is read.')),
  })
  if (opened.kind === 'training') {
    const { program, initialParameters } = opened.stage
    await engine.training(program, initialState(initialParameters, program.groups))
  }
  await opened.stage[Symbol.asyncDispose]()
  return models
}

/** The same samples once more, for the test. */
export function withTestVideos(manifest: DatasetManifest): DatasetManifest {
  const tested = manifest.samples.map((sample) => ({ ...sample, id: `tested-${sample.id}` }))
  const splits = Object.fromEntries(tested.map(({ id }) => [id, 'test' as const]))
  return {
    ...manifest,
    samples: [...manifest.samples, ...tested],
    splitSets: [{ name: 'default', splits: { ...manifest.splitSets[0]!.splits, ...splits } }],
  }
}
