import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import { checkpointFiles, checkpointFolder, runFiles, formatVersions } from '#contract/layout.ts'
import { finishReplacements, replaceFolder, syncPath } from '#node/durable-folder.ts'
import { toJson } from '#node/json-file.ts'
import type { TrainingState } from '../engine/program/engine.ts'
import type { LossScale } from '../engine/program/loss-scale.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { readSafetensors } from './formats/safetensors/reader.ts'
import { writeSafetensors } from './formats/safetensors/writer.ts'
import { tensorSources } from './formats/tensor-source.ts'

/** The card of a checkpoint before its files are written. */
export type CheckpointDescription = Omit<CheckpointCard, 'version' | 'files'>

const moments = { first: 'first.', second: 'second.' } as const

/** Name of the tensor with the loss scale and its two counts; it cannot collide with the moments of a parameter. */
const lossScaleName = 'loss-scale'

/**
 * Writes a checkpoint into a run's folder, renamed into place when complete. A failure leaves earlier checkpoints unchanged and no
 * partial files.
 */
export async function saveCheckpoint(
  runFolder: string,
  description: CheckpointDescription,
  state: TrainingState,
): Promise<CheckpointCard> {
  const parent = join(runFolder, runFiles.checkpoints)
  const name = checkpointFolder(description.step)
  const temporary = join(parent, `.${name}.tmp`)
  await mkdir(parent, { recursive: true })
  await finishReplacements(parent)
  await rm(temporary, { recursive: true, force: true })
  try {
    await mkdir(temporary)
    const model = await writeSafetensors(join(temporary, checkpointFiles.model), tensorSources(state.parameters), {
      format: 'pt',
    })
    const optimizer = await writeSafetensors(
      join(temporary, checkpointFiles.optimizer),
      tensorSources(optimizerTensors(state)),
    )
    const files = [
      { name: checkpointFiles.model, ...model },
      { name: checkpointFiles.optimizer, ...optimizer },
    ]
    const card: CheckpointCard = { version: formatVersions.checkpointCard, ...description, files }
    await writeFile(join(temporary, checkpointFiles.card), `${toJson(card, 2)}\n`, { flush: true })
    await syncPath(temporary)
    await replaceFolder(temporary, parent, name)
    return card
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true })
    throw cause
  }
}

/** The model of a checkpoint under its published names. */
export const readModel = (folder: string, signal?: AbortSignal): Promise<NamedHostTensors> =>
  readSafetensors(join(folder, checkpointFiles.model), signal)

/** Everything that training needs to resume from the checkpoint. */
export async function readTrainingState(folder: string, signal?: AbortSignal): Promise<TrainingState> {
  const optimizer = await readSafetensors(join(folder, checkpointFiles.optimizer), signal)
  const lossScale = lossScaleOf(optimizer[lossScaleName])
  return {
    parameters: await readModel(folder, signal),
    firstMoments: momentsOf(optimizer, moments.first),
    secondMoments: momentsOf(optimizer, moments.second),
    ...(lossScale === undefined ? {} : { lossScale }),
  }
}

const optimizerTensors = ({ firstMoments, secondMoments, lossScale }: TrainingState): NamedHostTensors => ({
  ...under(moments.first, firstMoments),
  ...under(moments.second, secondMoments),
  ...(lossScale === undefined ? {} : { [lossScaleName]: lossScaleTensor(lossScale) }),
})

/** A power of two and two counts, which are exact in 32 bits. */
const lossScaleTensor = ({ scale, goodSteps, skippedSteps }: LossScale): HostTensor => ({
  shape: [3],
  dtype: 'float32',
  data: Float32Array.of(scale, goodSteps, skippedSteps),
})

function lossScaleOf(tensor: HostTensor | undefined): LossScale | undefined {
  const [scale, goodSteps, skippedSteps] = tensor?.data ?? []
  return scale === undefined || goodSteps === undefined || skippedSteps === undefined
    ? undefined
    : { scale, goodSteps, skippedSteps }
}

const under = (prefix: string, tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]))

const momentsOf = (tensors: NamedHostTensors, prefix: string): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  )
