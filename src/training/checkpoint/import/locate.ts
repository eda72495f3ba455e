import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { checkpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { importedModel } from '#contract/domain/imported-model.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { importedModelFiles, checkpointFiles } from '#contract/layout.ts'

/** A file of weights, and the files in its folder that describe it. */
export interface LocatedModel {
  /** The weights. */
  readonly file: string
  /** Path of the `config.json` of the transformers library, if there is one. */
  readonly config: string | undefined
  /** From the studio's own card, if the file is in a workspace. */
  readonly own: OwnModel | undefined
}

/** What the studio recorded of a model that it wrote. */
export interface OwnModel {
  readonly model: ModelDescription
  readonly classes: readonly string[] | null
  readonly licenceNotes: readonly string[]
}

const configFile = 'config.json'
/** File names of models, in order of preference: the studio and the transformers library; DeepSpeed. */
const usualNames = [checkpointFiles.model, 'pytorch_model.bin', 'mp_rank_00_model_states.pt']
const endings = /\.(safetensors|pth|pt|bin|ckpt)$/i

/**
 * Finds the weights at a path: a file, or a folder with one model.
 * @throws StudioError `not-found`, or `checkpoint-invalid` if a folder has no model or several.
 */
export async function locateModel(path: string): Promise<LocatedModel> {
  const file = (await isFolder(path)) ? await fileIn(path) : path
  const config = join(dirname(file), configFile)
  return { file, config: existsSync(config) ? config : undefined, own: await ownCard(file) }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT' && systemCode(cause) !== 'ENOTDIR') throw cause
    throw new StudioError('not-found', `There is no file or folder ${path}.`, 'Check the path.', { cause })
  }
}

async function fileIn(folder: string): Promise<string> {
  const names = await readdir(folder)
  const usual = usualNames.find((name) => names.includes(name))
  if (usual !== undefined) return join(folder, usual)
  const index = names.find((name) => name.endsWith('.index.json'))
  if (index !== undefined) {
    throw new StudioError(
      'checkpoint-invalid',
      `The model in ${folder} is split over several files (${index}), which is not supported.`,
      'Save it in one file: save_pretrained(..., max_shard_size="100GB").',
    )
  }
  const [first, ...others] = names.filter((name) => endings.test(name)).toSorted()
  if (first === undefined)
    throw new StudioError(
      'checkpoint-invalid',
      `The folder ${folder} has no checkpoint.`,
      'Choose a folder with model.safetensors, or the file itself (.safetensors, .pth, .pt, .bin).',
    )
  if (others.length > 0)
    throw new StudioError(
      'checkpoint-invalid',
      `The folder ${folder} has ${others.length + 1} checkpoints: ${[first, ...others].slice(0, 5).join(', ')}${others.length > 4 ? ', …' : ''}.`,
      'Choose one of these files.',
    )
  return join(folder, first)
}

/** From the card of a checkpoint or an imported model, if the file belongs to one. */
async function ownCard(file: string): Promise<OwnModel | undefined> {
  if (basename(file) !== checkpointFiles.model) return undefined
  const checkpoint = checkpointCard.safeParse(await readIfPresent(join(dirname(file), checkpointFiles.card))).data
  if (checkpoint !== undefined)
    return { model: modelOfCard(checkpoint), classes: checkpoint.classes, licenceNotes: checkpoint.licenceNotes }
  const { model, classes, licenceNotes } =
    importedModel.safeParse(await readIfPresent(join(dirname(file), importedModelFiles.card))).data ?? {}
  return model === undefined || licenceNotes === undefined
    ? undefined
    : { model, classes: classes ?? null, licenceNotes }
}

async function readIfPresent(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || cause instanceof SyntaxError) return undefined
    throw cause
  }
}
