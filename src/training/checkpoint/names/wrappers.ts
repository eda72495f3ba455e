import { StudioError } from '#contract/api/errors.ts'
import { shown } from '../formats/invalid-file.ts'

/** Names without what wrappers added, and the names of the same tensors in the file. */
export type PlainNames = ReadonlyMap<string, string>

/**
 * Segments that wrappers of PyTorch insert anywhere in a name: DistributedDataParallel, torch.compile, FSDP, activation
 * checkpointing, Lightning Fabric, Opacus. No model has a segment of this name.
 */
const inserted = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
  '_forward_module',
  '_module',
])

/**
 * Removes the segments that wrappers insert.
 * @throws StudioError `checkpoint-invalid` if two tensors differ only in them; `origin` names the checkpoint.
 */
export const withoutInserted = (names: readonly string[], origin: string): PlainNames =>
  renamed(
    names.map((name) => [
      name
        .split('.')
        .filter((segment) => !inserted.has(segment))
        .join('.'),
      name,
    ]),
    origin,
  )

/** The tensor that every transformer of the supported layouts has once, in the published code and in the transformers library. */
const anchors = { published: 'patch_embed.proj.weight', huggingFace: 'embeddings.patch_embeddings.projection.weight' }

/** Where the model of a file begins. */
export interface Anchor {
  readonly kind: keyof typeof anchors
  /** What stands before the name of its patch embedding: `''`, `backbone.`, `encoder.`, ... */
  readonly prefix: string
}

/**
 * Finds the patch embedding of the model. Undefined if there is none.
 * @throws StudioError `checkpoint-invalid` if the file has several models, such as a teacher and its student.
 */
export function findAnchor(names: Iterable<string>, origin: string): Anchor | undefined {
  const found: Anchor[] = []
  for (const name of names) {
    for (const [kind, anchor] of Object.entries(anchors) as [Anchor['kind'], string][])
      if (name === anchor || name.endsWith(`.${anchor}`)) found.push({ kind, prefix: name.slice(0, -anchor.length) })
  }
  const [first, ...others] = found
  if (others.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has ${found.length} models, whose names begin with ${found.map(({ prefix }) => (prefix === '' ? 'nothing' : shown(prefix))).join(', ')}.`,
      'Save one of them in a file of its own.',
    )
  return first
}

/**
 * Removes a prefix that wraps a model. A head beside the wrapped encoder may have only the first segments of it: of
 * `model.backbone.blocks.0.norm1.weight` and `model.head.weight`, the prefix `model.backbone.` leaves `blocks.0.norm1.weight` and `head.weight`.
 * @throws StudioError `checkpoint-invalid` if two tensors have the same name afterwards.
 */
export function withoutPrefix(names: PlainNames, prefix: string, origin: string): PlainNames {
  const segments = prefix.split('.').filter((segment) => segment !== '')
  return renamed(
    [...names].map(([name, inFile]) => {
      let rest = name
      for (const segment of segments) {
        if (!rest.startsWith(`${segment}.`)) break
        rest = rest.slice(segment.length + 1)
      }
      return [rest, inFile]
    }),
    origin,
  )
}

function renamed(pairs: readonly (readonly [name: string, inFile: string])[], origin: string): PlainNames {
  const names = new Map<string, string>()
  for (const [name, inFile] of pairs) {
    const other = names.get(name)
    if (other !== undefined)
      throw new StudioError(
        'checkpoint-invalid',
        `${origin} has two tensors for ${shown(name)}: ${shown(other)} and ${shown(inFile)}.`,
        'Save one model in a file of its own.',
      )
    names.set(name, inFile)
  }
  return names
}
