import { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '../checkpoint/formats/safetensors/writer.ts'
import { fileSources } from '../checkpoint/formats/tensor-source.ts'
import type { ExportFormat } from './format.ts'
import { wholeProgram } from './programs.ts'
import { readBackWeights } from './read-back-weights.ts'

/** One safetensors file under the published names. */
export const safetensors: ExportFormat = {
  assumes: 'everything',
  program: wholeProgram,
  async write({ weights, metadata }, path, signal) {
    // Other readers of safetensors require `format: pt`.
    await writeSafetensors(path, fileSources(weights), { format: 'pt', ...metadata }, signal)
    return weights.entries.length
  },
  async readBack(source, path, inputs, engine, signal) {
    await using copy = await SafetensorsReader.open(path)
    return await readBackWeights(source, copy, inputs, engine, signal)
  },
}
