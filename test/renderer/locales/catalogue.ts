/** A catalogue, or a part of it. */
export interface Sentences {
  readonly [key: string]: string | Sentences
}

/** Sentences by their full key, such as `settings.theme.label`. */
export function sentencesOf(catalogue: Sentences, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(catalogue).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...sentencesOf(value, `${prefix}${key}.`)],
    ),
  )
}

/** Names in braces, sorted; a plural may repeat them. */
export const placeholdersOf = (sentence: string): string[] =>
  [...new Set([...sentence.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].toSorted()
