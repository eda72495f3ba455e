import { loadGraphModelSync } from '@tensorflow/tfjs'
import { loadBackend } from '../engine/run/eager/backends.ts'
import { disposeAll, toHosts, toTensors } from '../engine/run/eager/transfer.ts'
import type { NamedHostTensors, NamedTensors } from '../tensor/host-tensor.ts'
import { onBackend } from '../tensor/on-backend.ts'
import * as tf from '../tensor/tf.ts'
import type { ExportFormat } from './format.ts'
import { portableGraph } from './portable-graph.ts'
import { encoderProgram } from './programs.ts'
import { lowerToTensorFlow } from './tfjs/lower.ts'
import { readModelFiles, writeModelFiles } from './tfjs/model-files.ts'

/**
 * The encoder or classifier as a folder for `tf.loadGraphModel`: a TensorFlow graph with a dynamic batch. Inputs and outputs have the
 * names of `encoderProgram`.
 */
export const tfjs: ExportFormat = {
  assumes: 'decoder',
  folder: /^(model\.json|group1-shard\d+of\d+\.bin)$/,
  program: (model) => encoderProgram(model, 1),
  async write({ weights, model, metadata }, path, signal) {
    const recorded = portableGraph((batch) => encoderProgram(model, batch), await weights.readAll(signal))
    const graph = lowerToTensorFlow(recorded)
    const inputs = Object.fromEntries(
      Object.entries(encoderProgram(model, -1).inputs).map(([name, { shape }]) => [name, shape]),
    )
    const outputs = Object.fromEntries(Object.entries(recorded.outputs).map(([name, { shape }]) => [name, shape]))
    await writeModelFiles(path, { graph, inputs, outputs, metadata }, signal)
    return graph.weights.filter(({ dtype, shape }) => dtype === 'float32' && shape.length > 0).length
  },
  async readBack(_source, path, inputs) {
    const artifacts = await readModelFiles(path)
    const { name, description } = await loadBackend('wasm')
    const outputs = onBackend(name, 'the exported graph', () => execute(artifacts, inputs))
    try {
      return { reader: `${description}, as a graph model`, outputs: await toHosts(outputs) }
    } finally {
      disposeAll(outputs)
    }
  },
}

/** Runs a graph model on the current backend; its outputs are kept. */
function execute(artifacts: tf.io.ModelArtifacts, inputs: NamedHostTensors): NamedTensors {
  const model = loadGraphModelSync(tf.io.fromMemorySync(artifacts))
  try {
    const names = Object.keys((artifacts.signature as { outputs: object }).outputs)
    const results = [model.execute(toTensors(inputs), names)].flat()
    return Object.fromEntries(
      names.flatMap((name, index) =>
        results[index] === undefined ? [] : [[name, tf.keep(results[index].clone())] as const],
      ),
    )
  } finally {
    model.dispose()
  }
}
