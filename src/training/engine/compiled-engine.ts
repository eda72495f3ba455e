import { availableParallelism } from 'node:os'
import type { CompiledEngineName } from '#contract/domain/engine.ts'
import { settleAll } from './collective/settle-all.ts'
import { openShardedInference } from './collective/sharded-inference.ts'
import { shardCount } from './collective/shards.ts'
import { threadCollective } from './collective/thread-collective.ts'
import { openTraining } from './collective/training-session.ts'
import { WorkerThread } from './collective/worker-thread.ts'
import type { Engine } from './program/engine.ts'
import { openInference } from './run/onnx/inference-session.ts'
import { openProvider, type Provider, type ProviderOptions } from './run/onnx/providers.ts'

export interface CompiledOptions extends Omit<ProviderOptions, 'deviceId'> {
  /** Worker threads that compute shards of each batch; 1 computes on the calling thread. Only for `onnx-cpu` in float32. */
  readonly workers?: number
  /** Numbers of the graphics cards that compute shards of each batch, counted from 0; the first one by default. Only for `onnx-cuda`. */
  readonly devices?: readonly number[]
}

/**
 * Opens a compiled engine: programs are recorded as ONNX graphs, which ONNX Runtime executes. Each of several workers computes an equal shard
 * of every batch, on its share of the processor's threads or on a graphics card. A batch that cannot be divided evenly uses fewer workers; a
 * single sample is computed without workers, on all threads or on the first card.
 * @throws Error with the reason if it does not work on this machine
 */
export async function openCompiled(
  name: CompiledEngineName,
  { workers = 1, devices = [0], threads = availableParallelism(), ...options }: CompiledOptions = {},
): Promise<Engine> {
  const provider = await openProvider(name, { threads, deviceId: devices[0] ?? 0, ...options })
  const { device } = provider.sessionOptions
  const count = device.kind === 'cuda' ? devices.length : workers
  if (count <= 1) return compiledEngine(name, provider)
  const share = Math.max(1, Math.floor(threads / count))
  if (device.kind === 'cuda') {
    const description = `${provider.description}, batches on ${count} cards`
    return startEngine(
      name,
      { ...provider, description },
      devices.map((number) => new WorkerThread({ device: { ...device, number }, threads: share })),
    )
  }
  const description = `${provider.description.replace(/,[^,]*$/, '')}, ${workers} workers of ${share} ${share === 1 ? 'thread' : 'threads'}`
  return startEngine(
    name,
    { ...provider, description },
    Array.from({ length: workers }, () => new WorkerThread({ device, threads: share })),
  )
}

/** The engine over workers whose devices work. */
async function startEngine(
  name: CompiledEngineName,
  provider: Provider,
  workers: readonly WorkerThread[],
): Promise<Engine> {
  const engine = compiledEngine(name, provider, workers)
  try {
    await settleAll(workers.map((worker) => worker.start()))
    return engine
  } catch (cause) {
    await engine.dispose()
    throw cause
  }
}

/** The compiled engine on an open provider, with worker threads if there are any. */
export function compiledEngine(
  name: CompiledEngineName,
  provider: Provider,
  workers: readonly WorkerThread[] = [],
): Engine {
  return {
    name,
    description: provider.description,
    inference(program, parameters) {
      const count = shardCount(program.inputs, workers.length)
      return count > 1
        ? openShardedInference(workers.slice(0, count), provider, program, parameters)
        : openInference(provider, program, parameters)
    },
    training(program, state) {
      const count = shardCount(program.inputs, workers.length)
      const ranks = count > 1 ? threadCollective(workers.slice(0, count)) : undefined
      return openTraining(provider, program, state, ranks)
    },
    async dispose() {
      await settleAll(workers.map((worker) => worker.dispose()))
      await provider.dispose()
    },
  }
}
