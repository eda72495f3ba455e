import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { checkpointCard, modelOfCard } from '#contract/domain/checkpoint.ts'
import { importedModel } from '#contract/domain/imported-model.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { importedModelFiles, checkpointFiles } from '#contract/layout.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { shown } from '../formats/invalid-file.ts'
import { isIndex, type OpenedModelFile, openShards, openTensorFile } from '../formats/open.ts'
import { isShardName } from '../formats/sharded.ts'

/** A file of weights, and the files in its folder that describe it. */
export interface LocatedModel {
  /** The weights, or the index of the files that hold them. */
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
const usualNames = [checkpointFiles.model, 'pytorch_model.bin', deepSpeedModel(0)]
const indexNames = ['model.safetensors.index.json', 'pytorch_model.bin.index.json']
const endings = /\.(safetensors|pth|pt|bin|ckpt)$/i

/**
 * Finds the weights at a path: a file, an index of several files, or a folder with one model. The file `latest` of DeepSpeed is followed
 * to the folder that it names.
 * @throws StudioError `not-found`, or `checkpoint-invalid` if a folder has no model or several.
 */
export async function locateModel(path: string): Promise<LocatedModel> {
  const file = (await isFolder(path)) ? await fileIn(path) : await indexOf(path)
  const config = join(dirname(file), configFile)
  return { file, config: existsSync(config) ? config : undefined, own: await ownCard(file) }
}

/** Opens the weights, in one file or in several. @throws StudioError `not-found` or `checkpoint-invalid`, naming the file. */
export const openLocated = ({ file }: Pick<LocatedModel, 'file'>): Promise<OpenedModelFile> =>
  isIndex(file) ? openShards(file) : openTensorFile(file)

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT' && systemCode(cause) !== 'ENOTDIR') throw cause
    throw new StudioError('not-found', `There is no file or folder ${path}.`, 'Check the path.', { cause })
  }
}

/** The index of the model that a file is a part of, or the file itself. */
async function indexOf(file: string): Promise<string> {
  if (!isShardName(basename(file))) return file
  const names = await readdir(dirname(file))
  const index = indexNames.find((name) => names.includes(name))
  return index === undefined ? file : join(dirname(file), index)
}

async function fileIn(folder: string): Promise<string> {
  const names = await readdir(folder)
  const refuse = (problem: string, hint: string) =>
    new StudioError('checkpoint-invalid', `The folder ${folder} ${problem}.`, hint)
  const usual = usualNames.find((name) => names.includes(name))
  const index = indexNames.find((name) => names.includes(name)) ?? names.find(isIndex)
  if (usual !== undefined && index !== undefined && extname(usual) === extname(basename(index, '.index.json')))
    throw refuse(`has one model in ${usual} and another one in the files of ${index}`, 'Choose one of these files.')
  if (usual === deepSpeedModel(0) && names.includes(deepSpeedModel(1)))
    throw refuse(
      `has a model that DeepSpeed split over several processes (${deepSpeedModel(0)}, ${deepSpeedModel(1)}, …)`,
      'Merge it into one file first.',
    )
  if (usual !== undefined) return join(folder, usual)
  if (index !== undefined) return join(folder, index)
  if (names.includes(latestFile)) return await fileOfLatest(folder, refuse)
  if (names.some((name) => /^zero_pp_rank_.*_model_states\.pt$/.test(name)))
    throw refuse(
      'has a model that DeepSpeed (ZeRO stage 3) split over several processes',
      'Merge it with zero_to_fp32.py, which DeepSpeed writes next to it, and import the result.',
    )
  const [first, ...others] = names.filter((name) => endings.test(name)).toSorted()
  if (first === undefined)
    throw refuse(
      'has no checkpoint',
      'Choose a folder with model.safetensors, or the file itself (.safetensors, .pth, .pt, .bin).',
    )
  if (others.length > 0)
    throw refuse(
      `has ${others.length + 1} checkpoints: ${[first, ...others].slice(0, 5).join(', ')}${others.length > 4 ? ', …' : ''}`,
      'Choose one of these files.',
    )
  return join(folder, first)
}

function deepSpeedModel(rank: number): string {
  return `mp_rank_0${rank}_model_states.pt`
}

/** The file in which DeepSpeed names the folder of its newest checkpoint. */
const latestFile = 'latest'
const maxTagBytes = 4096

async function fileOfLatest(folder: string, refuse: (problem: string, hint: string) => StudioError): Promise<string> {
  const path = join(folder, latestFile)
  const facts = await stat(path)
  const tag = facts.isFile() && facts.size <= maxTagBytes ? tagOf(await readFile(path)) : undefined
  const hint = 'Choose the folder of one checkpoint.'
  if (tag === undefined) throw refuse(`has a file ${latestFile} that names no folder`, hint)
  const named = join(folder, tag)
  const isThere = await stat(named).then(
    (found) => found.isDirectory(),
    (cause: unknown) => {
      if (systemCode(cause) !== 'ENOENT') throw cause
      return false
    },
  )
  if (!isThere) throw refuse(`has a file ${latestFile} that names ${shown(tag)}, but no such folder`, hint)
  return await fileIn(named)
}

/** The name of a folder from the bytes of a file `latest`; undefined if they are anything else. */
export function tagOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8').trim()
  return /[/\\\p{Cc}\ufffd]/u.test(text) || /^\.*$/.test(text) ? undefined : text
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
    refuseSpecialFile(path)
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || cause instanceof SyntaxError) return undefined
    throw cause
  }
}
