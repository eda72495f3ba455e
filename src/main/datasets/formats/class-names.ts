import { canonicalName } from '#contract/canonical-name.ts'
import { linesOf, readText } from './list-files.ts'

/** Names of lists of classes, such as `classes.txt`. */
export const classesName =
  /(^|[-_])(class(es)?|class[-_]?(names?|list|ind|map)|labels?|label[-_]?(names?|list|map)|categories)\.(txt|csv)$/i

/** Names by index: a name on each line, counted from 0, or an index and a name in either order. */
export function readClasses(root: string, path: string): ReadonlyMap<string, string> {
  const lines = linesOf(readText(root, path)).map(({ text }) => canonicalName(text))
  const pairs = lines.map((text) => /^(\d+)[\s,;:]+(.+)$/.exec(text) ?? reversed(/^(.+?)[\s,;:]+(\d+)$/.exec(text)))
  return new Map(
    pairs.every((pair) => pair !== null)
      ? pairs.map(([, index = '', name = '']): [string, string] => [String(Number(index)), name])
      : lines.map((name, index): [string, string] => [String(index), name]),
  )
}

const reversed = (match: RegExpExecArray | null): readonly (string | undefined)[] | null =>
  match === null ? null : [match[0], match[2], match[1]]

/** The name of a class that is written as an index or a name; undefined if the list of classes does not have it. */
export function classNamed(label: string, classes: ReadonlyMap<string, string> | undefined): string | undefined {
  return classes === undefined || !/^\d+$/.test(label) ? label : classes.get(label)
}

/** The note for classes that are called like their index, because nothing names them. */
export const indexedClasses =
  'The classes are named by their index. A file classes.txt with a name on each line would name them.'
