import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { io, loadGraphModel } from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { loadBackend } from '#training/engine/run/eager/backends.ts'
import { compareOutputs } from '#training/export/compare.ts'
import { encoderProgram } from '#training/export/programs.ts'
import { runProgram } from '#training/export/run-program.ts'
import { sampleInputs } from '#training/export/sample.ts'
import { openExportSource } from '#training/export/source.ts'
import { writeModelFiles } from '#training/export/tfjs/model-files.ts'
import { TfGraph } from '#training/export/tfjs/tf-graph.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { onBackend } from '#training/tensor/on-backend.ts'
import * as tf from '#training/tensor/tf.ts'
import { checkpointOf, classes, exportTo, type Sample, signal, temporaryFolder, weightsOf } from './support.ts'

/** The folder as TF.js itself loads it; a browser would fetch what is read here. */
const fromFolder = (folder: string): io.IOHandler => ({
  load: async () =>
    io.getModelArtifactsForJSON(JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')), async (manifest) => {
      const shards = await Promise.all(
        manifest.flatMap(({ paths }) => paths).map((path) => readFile(join(folder, path))),
      )
      return [manifest.flatMap(({ weights }) => weights), new Uint8Array(Buffer.concat(shards)).buffer]
    }),
})

const dims = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) })

describe('a TensorFlow.js export', () => {
  it.each(['image-teacher', 'student', 'flat'] as Sample[])(
    'of a %s agrees with the studio for 1, 2, 3 and 5 samples',
    async (sample) => {
      const checkpoint = await checkpointOf(sample)
      const path = join(temporaryFolder(), 'model')
      await exportTo(checkpoint, 'tfjs', path)
      await using source = await openExportSource(checkpoint, 'nothing', signal)
      const engine = await createEngine('onnx-cpu')
      const { name: backend } = await loadBackend('cpu')
      await tf.setBackend(backend)
      const model = await loadGraphModel(fromFolder(path))
      for (const batch of [1, 2, 3, 5]) {
        const program = encoderProgram(source.model, batch)
        const inputs = sampleInputs(program.inputs)
        const expected = await runProgram(engine, program, weightsOf(sample), inputs)
        const names = Object.keys(expected)
        const found = onBackend(backend, 'export', () => {
          const feeds = Object.fromEntries(
            Object.entries(inputs).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
          )
          const results = [model.execute(feeds, names)].flat()
          return Object.fromEntries(
            names.map((name, index) => [
              name,
              { shape: results[index]!.shape, dtype: 'float32' as const, data: results[index]!.dataSync<'float32'>() },
            ]),
          )
        })
        expect(compareOutputs(expected, found).maxDifference).toBeLessThan(1e-5)
      }
      model.dispose()
    },
  )

  it('tells its inputs and outputs, classes and licence', async () => {
    const path = join(temporaryFolder(), 'model')
    await exportTo(await checkpointOf('space-time', { licenceNotes: ['CC BY-NC 4.0.'] }), 'tfjs', path)
    const model = JSON.parse(await readFile(join(path, 'model.json'), 'utf8'))
    expect(model).toMatchObject({
      format: 'graph-model',
      userDefinedMetadata: { license: 'CC BY-NC 4.0.', classes: JSON.stringify(classes), mean: '[0.485,0.456,0.406]' },
    })
    expect(model.signature).toEqual({
      inputs: { video: { name: 'video:0', dtype: 'DT_FLOAT', tensorShape: dims(-1, 3, 4, 32, 32) } },
      outputs: { logits: { name: 'logits:0', dtype: 'DT_FLOAT', tensorShape: dims(-1, 5) } },
    })
  })

  it('cuts weights into files that browsers cache, wherever a tensor ends', async () => {
    const graph = new TfGraph()
    const data = Float32Array.from({ length: 1_500_000 }, (_, index) => index)
    graph.floats(data, [1_500_000], 'large')
    graph.floats(data.subarray(5, 8), [3], 'small')
    const path = join(temporaryFolder(), 'model')
    await writeModelFiles(path, { graph, inputs: {}, outputs: {}, metadata: {} }, signal)
    expect((await readdir(path)).toSorted()).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin', 'model.json'])
    expect((await stat(join(path, 'group1-shard1of2.bin'))).size).toBe(4 * 2 ** 20)
    const { weightData, weightSpecs } = await fromFolder(path).load!()
    const weights = io.decodeWeights(weightData!, weightSpecs!)
    expect(await weights['large']!.data()).toEqual(data)
    expect(await weights['small']!.data()).toEqual(Float32Array.of(5, 6, 7))
  })
})
