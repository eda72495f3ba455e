import { canonicalName } from '#contract/canonical-name.ts'
import type { FolderAnnotations } from './format.ts'

const list = new Intl.ListFormat('en', { type: 'conjunction' })
const listedClasses = 5

/**
 * Makes classes whose names look the same one class, and says so. Names that differ only in upper and lower case stay apart, with a
 * warning.
 */
export function unifyClasses(read: FolderAnnotations): FolderAnnotations {
  /** Written names of each class, by label set. */
  const written = new Map<string, Map<string, Set<string>>>()
  const annotations = read.annotations.map((annotation) => ({
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
  }))
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
        `In the label set ${labelSet}, the classes ${list.format(names.map((name) => `"${name}"`))} differ only in upper and lower case. They are separate classes.`,
    ),
  )
  return { ...read, annotations, notes: [...read.notes, ...notes], warnings: [...read.warnings, ...warnings] }
}

function differentInCase(names: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const name of names) groups.set(name.toLowerCase(), [...(groups.get(name.toLowerCase()) ?? []), name])
  return [...groups.values()].filter((group) => group.length > 1)
}

const shortened = (names: readonly string[]): string =>
  names.length <= listedClasses
    ? list.format(names)
    : `${names.slice(0, listedClasses).join(', ')} and ${names.length - listedClasses} more`
