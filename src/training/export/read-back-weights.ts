import { StudioError } from '#contract/api/errors.ts'
import type { TensorFile } from '../checkpoint/formats/tensor-file.ts'
import type { Engine } from '../engine/program/engine.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { ExportSource, ReadBack } from './format.ts'
import { wholeProgram } from './programs.ts'
import { runProgram } from './run-program.ts'

/** Compares a written copy with the checkpoint byte by byte, then runs the model with the weights of the copy. */
export async function readBackWeights(
  { weights, model }: ExportSource,
  copy: TensorFile,
  inputs: NamedHostTensors,
  engine: Engine,
  signal: AbortSignal,
): Promise<ReadBack> {
  await requireSameTensors(weights, copy, signal)
  return {
    reader: engine.description,
    outputs: await runProgram(engine, wholeProgram(model), await copy.readAll(signal), inputs),
  }
}

async function requireSameTensors(source: TensorFile, copy: TensorFile, signal: AbortSignal): Promise<void> {
  for (const entry of source.entries) {
    signal.throwIfAborted()
    const twin = copy.find(entry.name)
    const isSame =
      twin?.dtype === entry.dtype &&
      twin.shape.join() === entry.shape.join() &&
      Buffer.compare(await source.readBytes(entry), await copy.readBytes(twin)) === 0
    if (!isSame)
      throw new StudioError(
        'internal',
        `The tensor ${entry.name} was not written correctly.`,
        'This is a defect of the studio. Please report it.',
      )
  }
}
