import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { nonFiniteWeights, type NonFiniteTensor } from '#contract/domain/non-finite.ts'
import { checkpointFiles } from '#contract/layout.ts'
import type { Task } from '#node/serve-task.ts'
import { verifyCheckpoint } from '../checkpoint/find.ts'
import { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import { nonFiniteOf } from '../tensor/non-finite.ts'

/** Verifies a checkpoint and looks for numbers that are not finite, also among the moments; one tensor is in memory at a time. */
export const checkCheckpoint: Task<'check-checkpoint'> = async ({ folder }, _report, signal) => {
  try {
    await verifyCheckpoint(folder, signal)
  } catch (cause) {
    if (!(cause instanceof StudioError) || cause.code !== 'checkpoint-invalid') throw cause
    return { problem: cause.message }
  }
  const broken: NonFiniteTensor[] = []
  for (const file of [checkpointFiles.model, checkpointFiles.optimizer]) {
    await using reader = await SafetensorsReader.open(join(folder, file))
    for (const entry of reader.entries) {
      signal.throwIfAborted()
      const found = nonFiniteOf(entry.name, Float32Array.from(await reader.readNumbers(entry)))
      if (found !== undefined) broken.push(found)
    }
  }
  return { problem: broken.length === 0 ? null : `It has ${nonFiniteWeights(broken)}.` }
}
