import { canonicalName } from '#contract/canonical-name.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import type { Annotation, FolderAnnotations } from './format.ts'

const listedClasses = 5

/**
 * Makes classes whose names look the same one class, and says so. Names that differ only in upper and lower case stay apart, with a
 * warning.
 */
export function unifyClasses(read: FolderAnnotations): FolderAnnotations {
  /** Written names of each class, by label set. */
  const written = new Map<string, Map<string, Set<string>>>()
  const withSeenNames = <A extends Annotation>(annotation: A): A => ({
    ...annotation,
    labels: Object.fromEntries(
      Object.entries(annotation.labels).map(([labelSet, label]) => {
        if (label === null) return [labelSet, null]
        const name = canonicalName(label)
        const classes = written.get(labelSet) ?? new Map<string, Set<string>>()
        classes.set(name, (classes.get(name) ?? new Set()).add(label))
        written.set(labelSet, classes)
        return [labelSet, name === '' ? label : name]
      }),
    ),
  })
  const annotations = read.annotations.map(withSeenNames)
  const missing = read.missing.map(withSeenNames)
  const notes = [...written].flatMap(([labelSet, classes]) => {
    const merged = [...classes].flatMap(([name, ways]) => (ways.size > 1 ? [`"${name}"`] : []))
    return merged.length === 0
      ? []
      : [
          `In the label set ${labelSet}, names that look the same were read as one class (they differ in blanks or in how accents are stored): ${shortened(merged)}.`,
        ]
  })
  const warnings = [...written].flatMap(([labelSet, classes]) =>
    differentInCase([...classes.keys()]).map(
      (names) =>
        `In the label set ${labelSet}, the classes ${formatList(names.map((name) => `"${name}"`))} differ only in upper and lower case. They are separate classes.`,
    ),
  )
  return { ...read, annotations, missing, notes: [...read.notes, ...notes], warnings: [...read.warnings, ...warnings] }
}

/**
 * Warns of classes of which no video is left.
 * @param used some of `listed`
 */
export function lostClasses(listed: readonly Annotation[], used: readonly Annotation[]): string[] {
  if (used.length === listed.length) return []
  const kept = new Set(used.flatMap(namesOf))
  const lost = [...new Set(listed.flatMap(namesOf))].filter((name) => !kept.has(name))
  return lost.length === 0
    ? []
    : [
        `${lost.length === 1 ? 'The class' : 'The classes'} ${shortened(lost)} ${lost.length === 1 ? 'has no video that can be used and is' : 'have no videos that can be used and are'} not in the dataset.`,
      ]
}

/** Warns of classes that lists of videos use and a list of classes does not have. */
export function unknownClasses(unknown: ReadonlySet<string>, classFile: string | undefined): string[] {
  const [example] = unknown
  return example === undefined
    ? []
    : [
        `${formatQuantity(unknown.size, 'class is', 'classes are')} not in ${classFile ?? 'the list of classes'}, for example "${example}".`,
      ]
}

/** Classes with their label sets, as they are named in a warning. */
const namesOf = ({ labels }: Annotation): string[] =>
  Object.entries(labels).flatMap(([labelSet, label]) => (label === null ? [] : [`"${label}" (${labelSet})`]))

function differentInCase(names: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const name of names) groups.set(name.toLowerCase(), [...(groups.get(name.toLowerCase()) ?? []), name])
  return [...groups.values()].filter((group) => group.length > 1)
}

/** Names in one sentence; those after the fifth are counted. */
export const shortened = (names: readonly string[]): string =>
  names.length <= listedClasses
    ? formatList(names)
    : `${names.slice(0, listedClasses).join(', ')} and ${names.length - listedClasses} more`
