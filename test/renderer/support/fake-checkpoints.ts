import { exportFormatFacts, type ExportRecord, type TensorFacts } from '#contract/domain/checkpoint.ts'
import { falls } from './fake-data.ts'

function tensor(name: string, shape: number[]): TensorFacts {
  const count = shape.reduce((product, size) => product * size, 1)
  return {
    name,
    dtype: 'F32',
    shape,
    sizeBytes: count * 4,
    mean: 0.0004,
    standardDeviation: 0.0213,
    min: -0.1182,
    max: 0.1204,
    nonFinite: 0,
  }
}

/** Tensors of every fake checkpoint. */
export function fakeTensors(): TensorFacts[] {
  const block = (index: number) => [
    tensor(`encoder.blocks.${index}.norm1.weight`, [96]),
    tensor(`encoder.blocks.${index}.norm1.bias`, [96]),
    tensor(`encoder.blocks.${index}.attn.qkv.weight`, [288, 96]),
    tensor(`encoder.blocks.${index}.attn.proj.weight`, [96, 96]),
    tensor(`encoder.blocks.${index}.mlp.fc1.weight`, [384, 96]),
    tensor(`encoder.blocks.${index}.mlp.fc2.weight`, [96, 384]),
  ]
  return [
    tensor('encoder.patch_embed.proj.weight', [96, 3, 2, 16, 16]),
    ...Array.from({ length: 10 }, (_, index) => block(index)).flat(),
    tensor('encoder.norm.weight', [96]),
  ]
}

/** Safetensors are identical; other formats differ slightly. */
export function fakeExport(
  { id, format, to }: { id: string; format: ExportRecord['format']; to: string },
  earlier: number,
): ExportRecord {
  const files =
    exportFormatFacts[format].extension === null
      ? ['config.json', 'model.safetensors']
      : [to.slice(to.lastIndexOf('/') + 1)]
  return {
    version: 1,
    checkpoint: id,
    exportedAt: new Date(Date.UTC(2026, 10, 23, 9, earlier)).toISOString(),
    path: to,
    format,
    sizeBytes: 3_542_112,
    sha256: files.length === 1 ? falls.digest : null,
    files: files.map((name) => ({ name, sizeBytes: 3_542_112, sha256: falls.digest })),
    tensors: 62,
    reader: format === 'onnx' ? 'ONNX Runtime 1.30.0, CPU' : 'ONNX Runtime 1.30.0, CPU, 2 threads',
    maxDifference: format === 'safetensors' ? 0 : 1.2e-6,
    output: 'last_block',
    largestOutput: 3.7,
  }
}
