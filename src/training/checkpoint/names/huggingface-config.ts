import { z } from 'zod'
import { StudioError } from '#contract/api/errors.ts'

const common = {
  hidden_size: z.int().default(768),
  num_hidden_layers: z.int().default(12),
  num_attention_heads: z.int().default(12),
  intermediate_size: z.int().default(3072),
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().default(1e-12),
  image_size: z.int().default(224),
  patch_size: z.int().default(16),
  num_channels: z.int().default(3),
  qkv_bias: z.boolean().default(true),
  id2label: z.record(z.string(), z.string()).default({}),
}

const videoMae = z.object({
  model_type: z.literal('videomae'),
  ...common,
  num_frames: z.int().default(16),
  tubelet_size: z.int().default(2),
  /** What version 5 of the library calls `qkv_bias`. */
  qv_bias: z.boolean().default(true),
  use_mean_pooling: z.boolean().default(true),
  decoder_num_attention_heads: z.int().default(6),
  norm_pix_loss: z.boolean().default(true),
})

const vitMae = z.object({
  model_type: z.literal('vit_mae'),
  ...common,
  decoder_num_attention_heads: z.int().default(16),
  mask_ratio: z.number().default(0.75),
  norm_pix_loss: z.boolean().default(false),
})

/** Fields of a `config.json` that the studio reads; absent fields have the defaults of the transformers library. */
export type HuggingFaceConfig = z.infer<typeof videoMae> | z.infer<typeof vitMae>

const schema = z.discriminatedUnion('model_type', [videoMae, vitMae])

/**
 * Reads the text of a `config.json`.
 * @throws StudioError `checkpoint-invalid` for models other than VideoMAE and ViTMAE, and for unsupported variants.
 */
export function parseHuggingFaceConfig(text: string, path: string): HuggingFaceConfig {
  const refuse = (
    problem: string,
    hint = 'Use a VideoMAE or ViTMAE model as the transformers library saves it.',
    cause?: unknown,
  ) => new StudioError('checkpoint-invalid', `${path} ${problem}.`, hint, { cause })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw refuse('is not JSON', undefined, cause)
  }
  const parsed = schema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const type = z.object({ model_type: z.string() }).safeParse(document).data?.model_type
    throw refuse(
      issue?.path[0] === 'model_type'
        ? `describes a model of the unsupported type ${type ?? 'unknown'}`
        : `has the field ${issue?.path.join('.') ?? ''} with an unsupported value: ${issue?.message ?? ''}`,
    )
  }
  const { hidden_act, num_channels } = parsed.data
  if (hidden_act !== 'gelu') throw refuse(`has the unsupported activation ${hidden_act}; gelu is supported`)
  if (num_channels !== 3) throw refuse(`has ${num_channels} colour channels; 3 are supported`)
  return parsed.data
}
