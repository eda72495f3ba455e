import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { basename } from 'node:path/posix'
import { type Split, splitNamed } from '#contract/domain/split.ts'
import { decodeText } from '#node/text-file.ts'
import type { ScannedFolder } from '../scan.ts'

/** Paths of the other files of a folder whose names match, such as lists of labels. */
export const filesNamed = ({ leftOut }: Pick<ScannedFolder, 'leftOut'>, name: RegExp): string[] =>
  leftOut.flatMap(({ path, reason }) => (reason === 'ending' && name.test(basename(path)) ? [path] : []))

/** A line of a list that is not blank, counted from 1. */
export interface Line {
  readonly line: number
  readonly text: string
}

export const readText = (root: string, path: string): string => {
  const file = join(root, path)
  return decodeText(readFileSync(file), file).text
}

export const linesOf = (text: string): Line[] =>
  text
    .split(/\r\n|\n|\r/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [{ line: index + 1, text: line.trim() }]))

/** The split that a word of the name of a list means, such as `kinetics400_val_list.txt`. Undefined if there is none or several. */
export function splitInName(path: string): Split | undefined {
  const words = basename(path)
    .replace(/\.[^.]*$/, '')
    .split(/[^a-zA-Z]+/)
  const meant = new Set(words.flatMap((word) => splitNamedInLists(word) ?? []))
  return meant.size === 1 ? [...meant][0] : undefined
}

/** The split that a word of a list means. Lists call the validation `validate`, and join words (`trainlist`, `trainingSet`). */
export function splitNamedInLists(word: string): Split | undefined {
  const name = word.replace(/(list|set|split)$/i, '')
  return name.toLowerCase() === 'validate' ? 'validation' : splitNamed(name)
}
