import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import { syncPath } from '#node/durable-folder.ts'
import { SafetensorsReader } from '../checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '../checkpoint/formats/safetensors/writer.ts'
import type { TensorSource } from '../checkpoint/formats/tensor-source.ts'
import { parseHuggingFaceConfig } from '../checkpoint/names/huggingface-config.ts'
import type { NamePair } from '../checkpoint/names/pairs.ts'
import { readMatched, recognise } from '../checkpoint/names/recognise.ts'
import type { ExportFormat } from './format.ts'
import { modelCard } from './huggingface/card.ts'
import { configJson, preprocessorJson } from './huggingface/config.ts'
import { huggingFaceLayout } from './huggingface/layout.ts'
import { modelToExport } from './model.ts'
import { wholeProgram } from './programs.ts'
import { runProgram } from './run-program.ts'

const files = {
  model: 'model.safetensors',
  config: 'config.json',
  preprocessor: 'preprocessor_config.json',
  card: 'README.md',
} as const

/** A folder as `from_pretrained` of the transformers library reads it: VideoMAE and MAE, whole or fine-tuned. */
export const huggingface: ExportFormat = {
  assumes: 'nothing',
  folder: /^(model\.safetensors|(preprocessor_)?config\.json|README\.md)$/,
  check(source) {
    huggingFaceLayout(source)
  },
  program: wholeProgram,
  async write(source, path, signal) {
    const { architecture, pairs } = huggingFaceLayout(source)
    const sources = renamed(source.weights, pairs)
    await mkdir(path)
    await writeSafetensors(join(path, files.model), sources, { format: 'pt', ...source.metadata }, signal)
    const writeText = (name: string, text: string) => writeFile(join(path, name), text, { flush: true })
    await writeText(files.config, `${JSON.stringify(configJson(source, architecture), null, 2)}\n`)
    await writeText(files.preprocessor, `${JSON.stringify(preprocessorJson(source.model), null, 2)}\n`)
    await writeText(files.card, modelCard(source, architecture))
    await syncPath(path)
    return sources.length
  },
  /** Reads the folder without knowledge of the source, as any other model in this layout. */
  async readBack(_source, path, inputs, engine) {
    const config = parseHuggingFaceConfig(await readFile(join(path, files.config), 'utf8'), files.config)
    await using copy = await SafetensorsReader.open(join(path, files.model))
    const { layout, sizes, hasOwnTable, report } = recognise(copy.entries, files.model, { config })
    const model = modelToExport(
      { layout, family: config.model_type === 'vit_mae' ? 'mae' : 'videomae', sizes, hasLearnedPositions: hasOwnTable },
      files.model,
    )
    const parameters = await readMatched(report, (name) => copy.read(name))
    return {
      reader: `${engine.description}, from config.json`,
      outputs: await runProgram(engine, wholeProgram(model), parameters, inputs),
    }
  },
}

/** The tensors of a checkpoint under other names; concatenated ones are split along their first axis. */
function renamed(weights: SafetensorsReader, pairs: readonly NamePair[]): TensorSource[] {
  const partsOf = new Map(pairs.map(({ published, parts }) => [published, parts]))
  return weights.entries.flatMap((entry) => {
    const parts = partsOf.get(entry.name)
    if (parts === undefined)
      throw new StudioError(
        'bad-request',
        `The transformers library has no tensor for ${entry.name} of this model.`,
        'Export it as safetensors or pytorch.',
      )
    const [rows = 1, ...others] = entry.shape
    return parts.map((name, index): TensorSource => ({
      name,
      dtype: entry.dtype,
      shape: entry.shape.length === 0 ? [] : [rows / parts.length, ...others],
      async read() {
        const bytes = await weights.readBytes(entry)
        const size = bytes.byteLength / parts.length
        return bytes.subarray(index * size, (index + 1) * size)
      },
    }))
  })
}
