import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncPath } from '#node/durable-folder.ts'
import { NewFile } from '../../checkpoint/formats/new-file.ts'
import type { io } from '../../tensor/tf.ts'
import { type TfGraph, type TfShape, tfShape, type TfWeight } from './tf-graph.ts'

const modelFile = 'model.json'
/** Browsers cache files of up to 4 MiB each, so TF.js splits weights into files of that size. */
const shardBytes = 2 ** 22

export interface TfModel {
  readonly graph: TfGraph
  /** Shapes by name, -1 for the batch. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly outputs: Readonly<Record<string, readonly number[]>>
  readonly metadata: Readonly<Record<string, string>>
}

/** Writes a new folder that `tf.loadGraphModel` reads: `model.json`, and the weights in shards. */
export async function writeModelFiles(
  folder: string,
  { graph, inputs, outputs, metadata }: TfModel,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder)
  const paths = await writeShards(folder, graph.weights, signal)
  const model: io.ModelJSON = {
    format: 'graph-model',
    generatedBy: 'MVD Studio',
    convertedBy: null,
    signature: { inputs: signatureOf(inputs), outputs: signatureOf(outputs) },
    userDefinedMetadata: { ...metadata },
    modelTopology: { node: graph.nodes, library: {}, versions: { producer: 1808 } },
    weightsManifest: [
      { paths, weights: graph.weights.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype })) },
    ],
  }
  await writeFile(join(folder, modelFile), JSON.stringify(model), { flush: true })
  await syncPath(folder)
}

/** Reads such a folder into the in-memory form of TF.js. */
export async function readModelFiles(folder: string): Promise<io.ModelArtifacts> {
  const { weightsManifest, ...model } = JSON.parse(await readFile(join(folder, modelFile), 'utf8')) as io.ModelJSON
  const weightData: ArrayBuffer[] = []
  for (const path of weightsManifest.flatMap(({ paths }) => paths))
    weightData.push(new Uint8Array(await readFile(join(folder, path))).buffer)
  return { ...model, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData }
}

function signatureOf(
  tensors: TfModel['inputs'],
): Record<string, { name: string; dtype: string; tensorShape: TfShape }> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, shape]) => [
      name,
      { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: tfShape(shape) },
    ]),
  )
}

/** Writes all weights in sequence, split into files of equal size. Returns the file names. */
async function writeShards(folder: string, weights: readonly TfWeight[], signal: AbortSignal): Promise<string[]> {
  let end = 0
  const placed = weights.map(({ data }) => {
    const start = end
    end += data.byteLength
    return { start, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  })
  const count = Math.max(1, Math.ceil(end / shardBytes))
  const names = Array.from({ length: count }, (_, index) => `group1-shard${index + 1}of${count}.bin`)
  for (const [index, name] of names.entries()) {
    signal.throwIfAborted()
    const from = index * shardBytes
    await using file = await NewFile.create(join(folder, name))
    for (const { start, bytes } of placed) {
      const part = bytes.subarray(Math.max(0, from - start), Math.max(0, from + shardBytes - start))
      if (part.byteLength > 0) await file.write(part)
    }
    await file.finish()
  }
  return names
}
