import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ModelDescription } from '#contract/domain/model.ts'
import { readSafetensors, SafetensorsReader } from '#training/checkpoint/formats/safetensors/reader.ts'
import { writeSafetensors } from '#training/checkpoint/formats/safetensors/writer.ts'
import { tensorSources } from '#training/checkpoint/formats/tensor-source.ts'
import { parseHuggingFaceConfig } from '#training/checkpoint/names/huggingface-config.ts'
import { readMatched, recognise } from '#training/checkpoint/names/recognise.ts'
import type { ExportSource } from '#training/export/format.ts'
import { huggingface } from '#training/export/huggingface.ts'
import { modelToExport } from '#training/export/model.ts'
import { wholeProgram } from '#training/export/programs.ts'
import { runProgram } from '#training/export/run-program.ts'
import { sampleInputs } from '#training/export/sample.ts'
import { openExportSource } from '#training/export/source.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { findPython, notRun } from '../../support/not-run.ts'
import { recorded } from '../reference/recorded.ts'
import {
  checkpointOf,
  exportTo,
  type Sample,
  signal,
  temporaryFolder,
  weightsOf,
  withUsualDecoderNames,
} from './support.ts'

const reference = recorded('huggingface')

const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'))

/** What the format says of a model, before anything is written. */
function refuse(description: Omit<ModelDescription, 'hasLearnedPositions'>): string {
  try {
    huggingface.check?.({ model: modelToExport({ ...description, hasLearnedPositions: false }, 'm') } as ExportSource)
    return 'not refused'
  } catch (cause) {
    return (cause as Error).message
  }
}

describe('the Hugging Face layout', () => {
  it.each(['videomae-pretraining', 'videomae-classification', 'vit-mae'])(
    'gives back %s as the transformers library saved it',
    async (name) => {
      const config = parseHuggingFaceConfig(await readFile(join(reference, name, 'config.json'), 'utf8'), 'config.json')
      await using file = await SafetensorsReader.open(join(reference, name, 'model.safetensors'))
      const { layout, sizes, report } = recognise(file.entries, name, { config })
      const published = join(temporaryFolder(), 'published.safetensors')
      await writeSafetensors(published, tensorSources(await readMatched(report, (tensor) => file.read(tensor))))
      await using weights = await SafetensorsReader.open(published)
      const model = modelToExport(
        { layout, family: layout === 'mae' ? 'mae' : 'videomae', sizes, hasLearnedPositions: false },
        name,
      )
      const source: ExportSource = {
        origin: name,
        model,
        classes: null,
        pixelObjective: { maskRatio: 0.75, normalizeTarget: true },
        weights,
        metadata: { license: 'none' },
      }
      const path = join(temporaryFolder(), name)
      await huggingface.write(source, path, signal)

      expect(await readSafetensors(join(path, 'model.safetensors'))).toEqual(
        withUsualDecoderNames(await file.readAll()),
      )
      // What the library has written beside what it needs; our models use the norm where theirs averages without one.
      const {
        transformers_version: _,
        dtype: __,
        use_mean_pooling: theirs,
        ...expected
      } = await json(join(reference, name, 'config.json'))
      const { use_mean_pooling: ours, ...written } = await json(join(path, 'config.json'))
      const {
        decoder_hidden_size: _a,
        decoder_intermediate_size: _b,
        decoder_num_attention_heads: _c,
        decoder_num_hidden_layers: _d,
        norm_pix_loss: _e,
        ...withoutDecoder
      } = expected
      expect(written).toMatchObject(layout === 'classifier' ? withoutDecoder : expected)
      expect(ours).toBe(theirs)

      const inputs = sampleInputs(wholeProgram(model).inputs)
      const engine = await createEngine('onnx-cpu')
      const { outputs } = await huggingface.readBack(source, path, inputs, engine, signal)
      expect(outputs).toEqual(await runProgram(engine, wholeProgram(model), await weights.readAll(), inputs))
    },
  )

  it('tells how frames are prepared, what the classes are called, and the licence', async () => {
    const path = join(temporaryFolder(), 'model')
    await exportTo(
      await checkpointOf('flat', { licenceNotes: ['VideoMAE weights are under CC BY-NC 4.0: no commercial use.'] }),
      'huggingface',
      path,
    )
    expect(await readdir(path)).toEqual(['README.md', 'config.json', 'model.safetensors', 'preprocessor_config.json'])
    expect(await json(join(path, 'config.json'))).toMatchObject({
      architectures: ['VideoMAEForVideoClassification'],
      id2label: { 0: 'bed', 1: 'fall' },
      label2id: { bed: 0, stand: 4 },
      layer_norm_eps: 1e-6,
      num_frames: 4,
      use_mean_pooling: true,
    })
    expect(await json(join(path, 'preprocessor_config.json'))).toMatchObject({
      image_processor_type: 'VideoMAEImageProcessor',
      image_mean: [0.485, 0.456, 0.406],
      crop_size: { height: 32, width: 32 },
      rescale_factor: 1 / 255,
    })
    expect(await readFile(join(path, 'README.md'), 'utf8')).toContain(
      'VideoMAE weights are under CC BY-NC 4.0: no commercial use.',
    )
    await using file = await SafetensorsReader.open(join(path, 'model.safetensors'))
    expect(file.metadata).toMatchObject({
      format: 'pt',
      license: 'VideoMAE weights are under CC BY-NC 4.0: no commercial use.',
    })
  })

  it.each(['student', 'space-time'] as Sample[])('refuses a %s with the reason', async (sample) => {
    const folder = temporaryFolder()
    const refusal = await exportTo(await checkpointOf(sample), 'huggingface', join(folder, 'model')).catch(
      (cause: { message: string; hint: string }) => `${cause.message}\n${cause.hint}`,
    )
    expect(refusal).toBe(refusals[sample])
    expect(await readdir(folder)).toEqual([])
  })

  it('refuses what the library cannot express of imported models', () => {
    const sizes = {
      ...stack,
      imageTargetWidth: null,
      videoTargetWidth: null,
      pixelTargetWidth: null,
      classes: 5,
      pooling: 'mean' as const,
    }
    expect([
      refuse({ layout: 'classifier', family: 'videomae', sizes }),
      refuse({ layout: 'classifier', family: 'videomae', sizes: { ...sizes, hasClassToken: true } }),
      refuse({ layout: 'classifier', family: 'videomae', sizes: { ...sizes, qkvBias: 'joint' } }),
      refuse({ layout: 'clip-encoder', family: 'mvd', sizes }),
      refuse({ layout: 'clip-encoder', family: null, sizes }),
      refuse({ layout: 'mae', family: 'mae', sizes }),
    ]).toMatchInlineSnapshot(`
      [
        "not refused",
        "This model has a class token, which VideoMAE in the transformers library does not.",
        "The attention of this model has one bias for queries, keys and values, which the transformers library does not support for this kind of model.",
        "This model has MVD's 3-D position table; VideoMAE in the transformers library computes the flat one, and would return other results.",
        "It is unknown whether m has the position table of VideoMAE or that of MVD.",
        "The attention of this model has a bias for queries and one for values only, which the transformers library does not support for this kind of model.",
      ]
    `)
  })
})

const refusals: Partial<Record<Sample, string>> = {
  student:
    'An MVD student has the 3-D position table and decoders that predict the features of teachers; the transformers library has neither.\nExport it as safetensors, pytorch, onnx or tfjs.',
  'space-time':
    "This model has MVD's 3-D position table; VideoMAE in the transformers library computes the flat one, and would return other results.\nExport it as safetensors, pytorch, onnx or tfjs.",
}

const stack = {
  width: 48,
  depth: 2,
  heads: 3,
  mlpWidth: 192,
  qkvBias: 'separate' as const,
  epsilon: 1e-6,
  headNormEpsilon: 1e-6,
  patchSize: 8,
  tubeletSize: 2,
  tokens: null,
  imageSize: 32,
  frames: 4,
  hasClassToken: false,
  hasEncoderNorm: true,
  decoder: null,
}

const { python, missing } = findPython('transformers', 'torch')

const loadAndRun = `
import json, sys, torch
from safetensors.torch import load_file, save_file
import transformers
folder, inputs, output = sys.argv[1:]
architecture = json.load(open(folder + "/config.json"))["architectures"][0]
model, report = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
assert not any(report.values()), report
given = load_file(inputs)
with torch.no_grad():
    if architecture == "VideoMAEForVideoClassification":
        found = model.eval()(given["video"].permute(0, 2, 1, 3, 4)).logits
    else:
        mask = torch.zeros(1, given["visible"].shape[1] + given["masked"].shape[1], dtype=torch.bool)
        mask[0, given["masked"][0].long()] = True
        found = model.eval()(given["video"].permute(0, 2, 1, 3, 4), bool_masked_pos=mask).logits
save_file({"found": found.contiguous()}, output)
`

describe('the transformers library', () => {
  notRun(missing)
  it.each([
    ['flat', 'logits'],
    ['video-teacher', 'prediction'],
  ] as const)('loads a %s and computes the same', async (sample, output) => {
    const folder = temporaryFolder()
    const checkpoint = await checkpointOf(sample)
    await exportTo(checkpoint, 'huggingface', join(folder, 'model'))
    await using source = await openExportSource(checkpoint, 'nothing', signal)
    const program = wholeProgram(source.model)
    const inputs = sampleInputs(program.inputs)
    await writeSafetensors(join(folder, 'inputs.safetensors'), tensorSources(inputs))
    execFileSync(
      python,
      [
        '-W',
        'ignore',
        '-c',
        loadAndRun,
        join(folder, 'model'),
        join(folder, 'inputs.safetensors'),
        join(folder, 'found.safetensors'),
      ],
      { stdio: 'pipe' },
    )
    const { found } = await readSafetensors(join(folder, 'found.safetensors'))
    const expected = await runProgram(await createEngine('onnx-cpu'), program, weightsOf(sample), inputs)
    const differences = Array.from(found!.data, (value, index) => Math.abs(value - expected[output]!.data[index]!))
    expect(Math.max(...differences)).toBeLessThan(1e-4)
  })
})
