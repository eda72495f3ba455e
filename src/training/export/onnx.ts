import { basename } from 'node:path'
import type * as OnnxRuntime from 'onnxruntime-node'
import { StudioError } from '#contract/api/errors.ts'
import { NewFile } from '../checkpoint/formats/new-file.ts'
import { encodeOnnx, type ExternalData } from '../engine/record/graph/encode-onnx.ts'
import { executionOrder } from '../engine/record/graph/execution-order.ts'
import type { ConstantData, Value } from '../engine/record/graph/graph.ts'
import { fromPackage, toPackage } from '../engine/run/onnx/js-tensor.ts'
import { disableTelemetry } from '../engine/run/onnx/telemetry.ts'
import type { ExportFormat } from './format.ts'
import { type PortableGraph, portableGraph } from './portable-graph.ts'
import { encoderProgram } from './programs.ts'

/** An ONNX file is one protocol buffer of at most 2 GiB; 64 MiB are reserved for the graph. */
const largestModelBytes = 2 ** 31 - 2 ** 26
/** Smaller constants stay inside the model, where runtimes look for shapes. */
const smallestExternalBytes = 1024
/** Data aligned to memory pages can be mapped. */
const alignmentBytes = 4096

/**
 * The encoder or classifier as an ONNX model of standard operators with a dynamic batch. Inputs and outputs have the names of
 * `encoderProgram`. Weights are inside, or in `<file>.data` if they exceed the limit of one file.
 */
export function onnxFormat(largestBytes = largestModelBytes): ExportFormat {
  return {
    assumes: 'decoder',
    program: (model) => encoderProgram(model, 1),
    async write({ weights, model, metadata }, path, signal) {
      const graph = portableGraph((batch) => encoderProgram(model, batch), await weights.readAll(signal))
      const constants = constantsOf(graph)
      const sizeBytes = constants.reduce((sum, data) => sum + data.byteLength, 0)
      await writeModel(path, graph, metadata, sizeBytes > largestBytes, signal)
      return constants.length
    },
    async readBack(_source, path, inputs) {
      const { InferenceSession, Tensor, env } = await loadReader()
      const session = await InferenceSession.create(path, { executionProviders: ['cpu'], logSeverityLevel: 3 })
      try {
        const results = await session.run(
          Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toPackage(Tensor, tensor)])),
        )
        const outputs = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromPackage(tensor)]))
        return { reader: `ONNX Runtime ${env.versions.node ?? ''}, CPU`, outputs }
      } finally {
        await session.release()
      }
    },
  }
}

async function writeModel(
  path: string,
  { outputs, nameOf }: PortableGraph,
  metadata: Readonly<Record<string, string>>,
  isSplit: boolean,
  signal: AbortSignal,
): Promise<void> {
  const outside: ConstantData[] = []
  const places: ExternalData[] = []
  const external = (data: ConstantData): ExternalData | undefined => {
    if (data.byteLength < smallestExternalBytes) return undefined
    const last = places.at(-1)
    const end = last === undefined ? 0 : last.offset + last.length
    const place = {
      location: basename(dataPath(path)),
      offset: Math.ceil(end / alignmentBytes) * alignmentBytes,
      length: data.byteLength,
    }
    places.push(place)
    outside.push(data)
    return place
  }
  const { bytes } = encodeOnnx(basename(path), outputs, { metadata, nameOf, ...(isSplit ? { external } : {}) })
  if (isSplit) await writeData(dataPath(path), outside, places, signal)
  signal.throwIfAborted()
  await using file = await NewFile.create(path)
  await file.write(bytes)
  await file.finish()
}

const dataPath = (path: string): string => `${path}.data`

async function writeData(
  path: string,
  constants: readonly ConstantData[],
  places: readonly ExternalData[],
  signal: AbortSignal,
): Promise<void> {
  await using file = await NewFile.create(path)
  for (const [index, data] of constants.entries()) {
    signal.throwIfAborted()
    await file.write(new Uint8Array((places[index]?.offset ?? 0) - file.position))
    await file.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  await file.finish()
}

/** The floating-point constants of a graph. */
function constantsOf({ outputs }: PortableGraph): ConstantData[] {
  const leaves = new Set(executionOrder(Object.values(outputs)).flatMap(({ inputs }) => inputs))
  return [...leaves].flatMap((value: Value | undefined) =>
    value?.source.kind === 'constant' && value.type === 'float32' ? [value.source.data] : [],
  )
}

/** The package with which other programs read the file. */
async function loadReader(): Promise<typeof OnnxRuntime> {
  disableTelemetry()
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new StudioError(
      'engine-unavailable',
      `The ONNX file cannot be checked: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Export in another format.',
      { cause },
    )
  }
}
