import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { basename, dirname, extname } from 'node:path/posix'
import { z } from 'zod'
import { type Split, splitNamed } from '#contract/domain/split.ts'
import { formatQuantity } from '#contract/format.ts'
import { readMember } from '#node/tar-members.ts'
import type { TarMember } from '#node/tar.ts'
import { endingOf } from '../endings.ts'
import { annotationEndings, type TarFile } from '../tar-files.ts'
import { classesName, classNamed, indexedClasses, readClasses } from './class-names.ts'
import { shortened } from './classes.ts'
import type { Annotation, DatasetFormat, FolderAnnotations, MissingFile } from './format.ts'
import { filesNamed, splitInName } from './list-files.ts'

/**
 * The tar files of WebDataset, whose members with the same key, the name up to the first dot, belong together: `000123.mp4` and
 * `000123.cls`. Classes are in `.cls`, in a field of `.json`, or in `.txt` if texts repeat. Splits are in the names of the tar files.
 */
export const webDataset: DatasetFormat = {
  detect: ({ tarFiles }) => tarFiles !== undefined,
  read(folder) {
    const tarFiles = folder.tarFiles ?? []
    const taken = new Set(folder.videos)
    const read = tarFiles.map((tarFile) => readTarFile(folder.root, tarFile, taken))
    const samples = read.flatMap(({ samples }) => samples)
    const ending = classEnding(samples)
    const [classFile] = filesNamed(folder, classesName)
    const isIndexed = samples.every(({ texts }) => /^\d+$/.test(textOf(texts, ending) ?? '0')) && ending !== null
    const names = isIndexed && classFile !== undefined ? readClasses(folder.root, classFile) : undefined
    const annotations: Annotation[] = []
    const missing: MissingFile[] = read.flatMap((tarFile) => tarFile.missing)
    for (const { path, split, texts } of samples) {
      const found = labelOf(path, textOf(texts, ending), names, classFile)
      if ('reason' in found) missing.push({ path, split, labels: { class: null }, reason: found.reason })
      else annotations.push({ path, split, labels: { class: found.label } })
    }
    return {
      source: {
        format: 'webdataset',
        tarFiles: tarFiles.length,
        classes: ending,
        ...(names === undefined ? {} : { classFile }),
      },
      annotations,
      missing,
      warnings: partnerWarnings(
        samples,
        read.flatMap(({ alone }) => alone),
        ending,
      ),
      notes: [
        ...(isIndexed && names === undefined ? [indexedClasses] : []),
        ...(ending !== 'txt' && samples.some(({ texts }) => texts.txt !== undefined)
          ? ['The files .txt are not classes: they are descriptions, or classes are in other files.']
          : []),
      ],
    }
  },
}

type Ending = 'cls' | 'json' | 'txt'
/** What the files with the key of a video say: of `.json` the class, null if it is no JSON object. */
type Texts = Readonly<Partial<Record<Ending, string | null>>>

interface TarSample {
  readonly path: string
  readonly split: Split | null
  readonly texts: Texts
}

interface ReadTarFile {
  readonly samples: readonly TarSample[]
  readonly missing: readonly MissingFile[]
  /** Files with classes whose key has no video. */
  readonly alone: readonly string[]
}

function readTarFile(root: string, { path, members, repeated, cut }: TarFile, taken: ReadonlySet<string>): ReadTarFile {
  const split = splitOf(path)
  const leave = (name: string, reason: string) => ({ path: `${path}/${name}`, split, labels: { class: null }, reason })
  const missing = [...repeated].map((name) => leave(name, 'The tar file has several files of this name.'))
  if (cut !== undefined && !annotationEndings.some((ending) => endingOf(cut) === ending))
    missing.push(leave(cut, 'The tar file is cut off in this file.'))
  const samples: TarSample[] = []
  const alone: string[] = []
  const handle = openSync(join(root, path), 'r')
  try {
    for (const group of Map.groupBy(members, ({ name }) => keyOf(name)).values()) {
      const all = group.filter(({ name }) => taken.has(`${path}/${name}`))
      // Beside `0.jpg`, a file `0.mask.png` is something else.
      const plain = all.filter(({ name }) => basename(name) === stemOf(name) + extname(name))
      const videos = plain.length === 1 ? plain : all
      const annotations = group.filter(({ name }) => annotationEndings.some((ending) => endingOf(name) === ending))
      if (videos.length === 1 && videos[0] !== undefined)
        samples.push({ path: `${path}/${videos[0].name}`, split, texts: textsOf(handle, annotations) })
      else if (videos.length > 1)
        for (const { name } of videos)
          missing.push(
            leave(name, `Another video has the same key: ${videos.map((video) => basename(video.name)).join(', ')}.`),
          )
      else alone.push(...annotations.map(({ name }) => `${path}/${name}`))
    }
  } finally {
    closeSync(handle)
  }
  return { samples, missing, alone }
}

/** The name up to the first dot of its last part, with the folders before it. */
const keyOf = (name: string): string => `${dirname(name)}/${stemOf(name)}`

const stemOf = (name: string): string => basename(name).replace(/\..*$/, '')

const mostBytes = 2 ** 20
/** Of a description, no more is kept. */
const longestClass = 200

function textsOf(handle: number, annotations: readonly TarMember[]): Texts {
  const texts: Partial<Record<Ending, string | null>> = {}
  for (const { name, position, length } of annotations) {
    const text = readMember(handle, { position, length: Math.min(length, mostBytes) })
      .toString('utf8')
      .trim()
    const ending = endingOf(name)
    if (ending === '.cls') texts.cls = text.slice(0, longestClass)
    if (ending === '.txt') texts.txt = text.slice(0, longestClass)
    const label = ending === '.json' ? classIn(text) : undefined
    if (label !== undefined) texts.json = label
  }
  return texts
}

/** The split in the name of a tar file or of a folder above it. */
const splitOf = (path: string): Split | null =>
  splitInName(path) ??
  dirname(path)
    .split('/')
    .map(splitNamed)
    .find((split) => split !== undefined) ??
  null

/** Fields of `.json` with a class, names before indices. */
const classFields = ['class_name', 'label_name', 'label', 'class', 'cls', 'category', 'action'] as const
const json = z.record(z.string(), z.unknown())
const label = z.union([z.string().min(1), z.int()])

/** The class in a `.json`: undefined if it has none of the fields, null if it is no JSON object. */
function classIn(text: string): string | undefined | null {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return null
  }
  const { data } = json.safeParse(document)
  if (data === undefined) return null
  const values = classFields.map((field) => data[field])
  const found = values.map((value) => label.safeParse(value).data).find((value) => value !== undefined)
  return found === undefined ? undefined : String(found)
}

/** The files that have the classes. Texts that hardly repeat are descriptions. */
function classEnding(samples: readonly TarSample[]): Ending | null {
  if (samples.some(({ texts }) => texts.cls !== undefined)) return 'cls'
  if (samples.some(({ texts }) => typeof texts.json === 'string')) return 'json'
  const texts = samples.flatMap(({ texts: { txt } }) => txt ?? [])
  return texts.length > 1 && new Set(texts).size <= texts.length / 2 ? 'txt' : null
}

const textOf = (texts: Texts, ending: Ending | null): string | undefined | null =>
  ending === null ? undefined : texts[ending]

function labelOf(
  path: string,
  text: string | undefined | null,
  names: ReadonlyMap<string, string> | undefined,
  classFile: string | undefined,
): { label: string | null } | { reason: string } {
  if (text === null) return { reason: `Its class cannot be read: ${stemOf(path)}.json is not a JSON object.` }
  if (text === undefined || text === '') return { label: null }
  if (text.includes('\uFFFD') || text.includes('\0'))
    return { reason: `Its class cannot be read: ${stemOf(path)}.cls or .txt is not UTF-8 text.` }
  const label = classNamed(text, names)
  return label === undefined ? { reason: `${classFile} has no class ${text}.` } : { label }
}

/** Warns of videos without the file that the others have, and of files without a video. */
function partnerWarnings(
  samples: readonly TarSample[],
  alone: readonly string[],
  ending: Ending | null,
): FolderAnnotations['warnings'] {
  const without = samples.filter(({ texts }) => textOf(texts, ending) === undefined).map(({ path }) => path)
  const warnings: string[] = []
  if (ending === null)
    warnings.push(
      'No file in the tar files has classes: none is called .cls, and no .json has one of the fields ' +
        `${classFields.join(', ')}. Pre-training does not need them; for fine-tuning, write a labels.csv with paths such as ${samples[0]?.path ?? 'train-0.tar/0.mp4'}.`,
    )
  else if (without.length > 0)
    warnings.push(
      `${formatQuantity(without.length, 'video has', 'videos have')} no class in a file .${ending}: ${shortened(without)}. Fine-tuning and the test do not use ${without.length === 1 ? 'it' : 'them'}.`,
    )
  if (alone.length > 0)
    warnings.push(
      `${formatQuantity(alone.length, 'file has', 'files have')} no video with the same key: ${shortened(alone)}.`,
    )
  return warnings
}
