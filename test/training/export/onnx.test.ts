import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import * as ort from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { compareOutputs } from '#training/export/compare.ts'
import { onnxFormat } from '#training/export/onnx.ts'
import { encoderProgram } from '#training/export/programs.ts'
import { runProgram } from '#training/export/run-program.ts'
import { sampleInputs } from '#training/export/sample.ts'
import { openExportSource } from '#training/export/source.ts'
import { classifierParameters } from '#training/model/classifier.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { checkpointOf, classes, exportTo, type Sample, signal, specsOf, temporaryFolder, weightsOf } from './support.ts'

const { onnx } = onnxProto

/** Runs a file as anyone would: by ONNX Runtime, knowing only its path. */
async function run(path: string, feeds: Record<string, ort.Tensor>) {
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 })
  try {
    const results = await session.run(feeds)
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { shape: dims, dtype: 'float32' as const, data: data as Float32Array },
      ]),
    )
  } finally {
    await session.release()
  }
}

const outputsOf: Record<Sample, string[]> = {
  'image-teacher': ['last_block', 'features'],
  'video-teacher': ['last_block', 'features'],
  student: ['last_block', 'features'],
  flat: ['logits'],
  'space-time': ['logits'],
}

describe('an ONNX export', () => {
  it.each(Object.keys(outputsOf) as Sample[])(
    'of a %s agrees with the studio for 1, 2, 3 and 5 samples',
    async (sample) => {
      const checkpoint = await checkpointOf(sample)
      const path = join(temporaryFolder(), 'model.onnx')
      await exportTo(checkpoint, 'onnx', path)
      await using source = await openExportSource(checkpoint, 'nothing', signal)
      const engine = await createEngine('onnx-cpu')
      for (const batch of [1, 2, 3, 5]) {
        const program = encoderProgram(source.model, batch)
        const inputs = sampleInputs(program.inputs)
        const expected = await runProgram(engine, program, weightsOf(sample), inputs)
        const found = await run(
          path,
          Object.fromEntries(
            Object.entries(inputs).map(([name, { data, shape }]) => [
              name,
              new ort.Tensor('float32', data as Float32Array, shape),
            ]),
          ),
        )
        expect(Object.keys(found)).toEqual(outputsOf[sample])
        expect(compareOutputs(expected, found).maxDifference).toBeLessThan(1e-5)
      }
    },
  )

  it('consists of standard operators, and tells classes, pixels, origin and licence', async () => {
    const path = join(temporaryFolder(), 'model.onnx')
    await exportTo(
      await checkpointOf('space-time', {
        licenceNotes: ['MAE weights: CC BY-NC 4.0.', 'VideoMAE weights: CC BY-NC 4.0.'],
      }),
      'onnx',
      path,
    )
    const model = onnx.ModelProto.decode(await readFile(path))
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 20]])
    expect(model.graph!.node!.filter(({ domain }) => domain !== '')).toEqual([])
    const {
      configuration,
      model: described,
      ...metadata
    } = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]))
    expect(JSON.parse(configuration!)).toMatchObject({ width: 48, clip: { frames: 4, frameStride: 2 } })
    expect(JSON.parse(described!)).toMatchObject({
      layout: 'classifier',
      family: 'mvd',
      sizes: { heads: 3, frames: 4, classes: 5 },
    })
    expect(metadata).toEqual({
      producer: 'MVD Studio',
      license: 'MAE weights: CC BY-NC 4.0. VideoMAE weights: CC BY-NC 4.0.',
      licenceNotes: '["MAE weights: CC BY-NC 4.0.","VideoMAE weights: CC BY-NC 4.0."]',
      description: 'Fine-tuned classifier of 5 classes (MVD), width 48, depth 2, patch 8',
      mean: '[0.485,0.456,0.406]',
      deviation: '[0.229,0.224,0.225]',
      classes: JSON.stringify(classes),
      run: 'falls-1.finetune',
      stage: 'finetune',
      step: '10',
      epoch: '2.5',
      created: '2026-11-23T09:00:00.000Z',
    })
    const names = new Set(model.graph!.initializer!.map(({ name }) => name))
    const weights = classifierParameters({
      frames: 4,
      imageSize: 32,
      patchSize: 8,
      tubeletSize: 2,
      width: 48,
      depth: 2,
      heads: 3,
      classes: 5,
      positions: 'space-time',
      headInitScale: 1,
    })
    expect(weights.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([])
  })

  it('puts weights that exceed one file into a second one beside it', async () => {
    const [checkpoint, folder] = [await checkpointOf('space-time'), temporaryFolder()]
    await using source = await openExportSource(checkpoint, 'nothing', signal)
    const engine = await createEngine('onnx-cpu')
    const inputs = sampleInputs(encoderProgram(source.model, 1).inputs)
    const [whole, split] = [onnxFormat(), onnxFormat(10_000)]
    await whole.write(source, join(folder, 'whole.onnx'), signal)
    await split.write(source, join(folder, 'split.onnx'), signal)
    expect((await readdir(folder)).toSorted()).toEqual(['split.onnx', 'split.onnx.data', 'whole.onnx'])
    expect((await readFile(join(folder, 'split.onnx'))).byteLength).toBeLessThan(
      (await readFile(join(folder, 'whole.onnx'))).byteLength / 5,
    )
    const [expected, found] = [
      await whole.readBack(source, join(folder, 'whole.onnx'), inputs, engine, signal),
      await split.readBack(source, join(folder, 'split.onnx'), inputs, engine, signal),
    ]
    expect(found.outputs).toEqual(expected.outputs)

    // The model without its weights is nothing.
    await rename(join(folder, 'split.onnx.data'), join(folder, 'elsewhere'))
    await expect(split.readBack(source, join(folder, 'split.onnx'), inputs, engine, signal)).rejects.toThrow(
      'split.onnx.data',
    )
  })

  it('is told apart from one with a wrong weight', async () => {
    const [checkpoint, folder] = [await checkpointOf('flat'), temporaryFolder()]
    await using source = await openExportSource(checkpoint, 'nothing', signal)
    const engine = await createEngine('onnx-cpu')
    const program = encoderProgram(source.model, 1)
    const inputs = sampleInputs(program.inputs)
    const path = join(folder, 'model.onnx')
    await onnxFormat().write(source, path, signal)
    const wrong = { ...weightsOf('flat'), 'blocks.1.attn.proj.weight': zeros('flat', 'blocks.1.attn.proj.weight') }
    const { outputs } = await onnxFormat().readBack(source, path, inputs, engine, signal)
    expect(compareOutputs(await runProgram(engine, program, wrong, inputs), outputs).maxDifference).toBeGreaterThan(
      1e-3,
    )
  })
})

function zeros(sample: Sample, name: string) {
  const { shape } = specsOf(sample).find((spec) => spec.name === name)!
  return {
    shape,
    dtype: 'float32' as const,
    data: new Float32Array(shape.reduce((product, length) => product * length, 1)),
  }
}
