import type { ImportedModel } from '#contract/domain/imported-model.ts'
import type { ModelSizes } from '#contract/domain/model.ts'
import { minutesAgo } from './fake-data.ts'

const stack = { width: 768, depth: 12, heads: 12, mlpWidth: 3072 }
const sizes: ModelSizes = {
  ...stack,
  qkvBias: 'joint',
  epsilon: 1e-6,
  headNormEpsilon: 1e-6,
  patchSize: 16,
  tubeletSize: 1,
  tokens: 196,
  imageSize: 224,
  frames: 1,
  hasClassToken: true,
  hasEncoderNorm: true,
  decoder: null,
  imageTargetWidth: null,
  videoTargetWidth: null,
  pixelTargetWidth: null,
  classes: null,
  pooling: 'mean',
}
const tensors = (prefix: string) =>
  Array.from({ length: 12 }, (_, index) =>
    ['norm1.weight', 'attn.qkv.weight', 'attn.proj.weight', 'mlp.fc1.weight'].map(
      (name) => `${prefix}blocks.${index}.${name}`,
    ),
  ).flat()

/** An imported model by path: VideoMAE if it contains `videomae`, a classifier of unknown family if `finetuned`, else MAE. */
export function fakeModel(name: string, path: string): ImportedModel {
  const kind = path.includes('videomae') ? 'videomae' : path.includes('finetuned') ? 'classifier' : 'mae'
  const model: ImportedModel['model'] =
    kind === 'mae'
      ? { layout: 'mae', family: 'mae', sizes, hasLearnedPositions: false }
      : {
          layout: kind,
          family: kind === 'videomae' ? 'videomae' : null,
          sizes: {
            ...sizes,
            qkvBias: 'separate',
            tubeletSize: 2,
            tokens: null,
            imageSize: null,
            frames: null,
            hasClassToken: false,
            ...(kind === 'classifier' ? { heads: null, width: 752, classes: 4 } : {}),
          },
          hasLearnedPositions: false,
        }
  const names = tensors(kind === 'videomae' ? 'encoder.' : '')
  return {
    version: 1,
    name,
    createdAt: minutesAgo(240),
    model,
    isHuggingFace: false,
    source: {
      path,
      format: 'pytorch',
      files: [{ name: path, sizeBytes: 343_233_024, sha256: '8cad7c'.padEnd(64, '0') }],
    },
    report: {
      matched: names.map((published) => ({ published, parts: [published] })),
      missing: [],
      reshaped: [],
      ignored: kind === 'mae' ? [] : ['decoder.blocks.0.norm1.weight', 'decoder.head.weight'],
      dtypes: kind === 'classifier' ? { F16: names.length } : { F32: names.length },
      beside:
        kind === 'mae'
          ? []
          : [
              { name: 'optimizer', tensors: 288, sizeBytes: 686_466_048 },
              { name: 'epoch', tensors: 0, sizeBytes: 0 },
            ],
    },
    classes: null,
    licenceNotes: [
      `Made with ${name} (imported from ${path.split('/').at(-1) ?? path}), in the layout of ${kind === 'mae' ? 'MAE' : 'VideoMAE'}, whose published weights are under CC BY-NC 4.0: attribution, no commercial use. Weights that you trained yourself are your own.`,
    ],
    files: [{ name: 'model.safetensors', sizeBytes: 343_232_512, sha256: 'ab'.repeat(32) }],
  }
}
