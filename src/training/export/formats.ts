import type { ExportFormat as FormatName } from '#contract/domain/checkpoint.ts'
import type { ExportFormat } from './format.ts'
import { huggingface } from './huggingface.ts'
import { onnxFormat } from './onnx.ts'
import { pytorch } from './pytorch.ts'
import { safetensors } from './safetensors.ts'
import { tfjs } from './tfjs.ts'

/** Export formats by name. */
export const formats: Readonly<Record<FormatName, ExportFormat>> = {
  safetensors,
  pytorch,
  huggingface,
  onnx: onnxFormat(),
  tfjs,
}
