import { PyTorchReader } from '../checkpoint/formats/pytorch/reader.ts'
import { writePyTorch } from '../checkpoint/formats/pytorch/writer.ts'
import { fileSources } from '../checkpoint/formats/tensor-source.ts'
import type { ExportFormat } from './format.ts'
import { wholeProgram } from './programs.ts'
import { readBackWeights } from './read-back-weights.ts'

/**
 * One PyTorch file under the published names: `{"model": tensors, "licence": text, "metadata": texts}`. The published code reads the
 * weights from the key `model`, and `torch.load(path, weights_only=True)` reads all of it (docs/method.md, Checkpoint layouts).
 */
export const pytorch: ExportFormat = {
  assumes: 'everything',
  program: wholeProgram,
  async write({ weights, metadata }, path, signal) {
    const { license, ...others } = metadata
    await writePyTorch(path, fileSources(weights), { beside: { licence: license, metadata: others }, signal })
    return weights.entries.length
  },
  async readBack(source, path, inputs, engine, signal) {
    await using copy = await PyTorchReader.open(path)
    return await readBackWeights(source, copy, inputs, engine, signal)
  },
}
