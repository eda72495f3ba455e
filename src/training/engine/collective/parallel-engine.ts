import type { Engine } from '../program/engine.ts'
import { openOnnx } from '../run/onnx/compiled-engine.ts'
import { settleAll } from '../run/onnx/host-update.ts'
import { openInference } from './sharded-inference.ts'
import { shardCount } from './shards.ts'
import { openTraining } from './training-session.ts'
import { Member } from './worker-thread.ts'

/**
 * The compiled engine on the CPU, several times: each of `workers` computes an equal part of every batch on its share of the
 * threads. Where a batch cannot be shared out evenly, fewer do; where not at all, the threads work on it together.
 */
export async function openParallel(workers: number, threads: number): Promise<Engine> {
  const alone = await openOnnx('onnx-cpu', { threads })
  const share = Math.max(1, Math.floor(threads / workers))
  const members = Array.from({ length: workers }, () => new Member(share))
  return {
    name: alone.name,
    description: `${alone.description.replace(/,[^,]*$/, '')}, ${workers} workers of ${share} ${share === 1 ? 'thread' : 'threads'}`,
    inference(program, parameters) {
      const count = shardCount(program.inputs, workers)
      return count === 1
        ? alone.inference(program, parameters)
        : openInference(members.slice(0, count), program, parameters)
    },
    training(program, state) {
      const count = shardCount(program.inputs, workers)
      return count === 1 ? alone.training(program, state) : openTraining(members.slice(0, count), program, state)
    },
    async dispose() {
      await settleAll(members.map((member) => member.dispose()))
      await alone.dispose()
    },
  }
}
